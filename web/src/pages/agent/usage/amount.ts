/** An amount of dollars as a person types it, by the server's rules for a spending cap. */
export const MOST = 10_000

/** Null: not an amount from 0 to the most there may be, with two decimals at most. */
export function readAmount(text: string, most = MOST): number | null {
  const plain = text.trim().replace(/^(US)?\$\s*/i, '')
  if (!/^\d{1,5}(\.\d{1,2})?$/.test(plain)) return null
  const amount = Number(plain)
  return amount <= most ? amount : null
}
