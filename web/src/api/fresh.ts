/**
 * Conversations that were begun in this tab and that nothing was said in yet. The server knows nothing of
 * them: asking for their messages is answered with 404, which a browser's console calls an error.
 */

const KEY = 'openclaw.fresh'
/** Who begins one after the other and writes in none has no use for the oldest. */
const KEPT = 20

const read = (): string[] => (globalThis.sessionStorage?.getItem(KEY) ?? '').split(' ').filter(Boolean)

export function beginConversation(): string {
  const id = crypto.randomUUID()
  sessionStorage.setItem(KEY, [id, ...read()].slice(0, KEPT).join(' '))
  return id
}

export const isFresh = (id: string): boolean => read().includes(id)

/** A message of it was taken. */
export function isKnownNow(id: string): void {
  if (isFresh(id)) sessionStorage.setItem(KEY, read().filter((one) => one !== id).join(' '))
}
