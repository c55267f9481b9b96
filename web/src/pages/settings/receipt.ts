/** The receipt of a deletion outlives the session: it is kept in this tab until its reader puts it away. */
import { RECEIPT_KEY } from '../../app/receipt'
import type { DeletionReceipt } from '../../protocol'
import type { PagesText } from '../../text/pages'
import { fullTime } from '../../ui/time'

export const keepReceipt = (receipt: DeletionReceipt): void => sessionStorage.setItem(RECEIPT_KEY, JSON.stringify(receipt))

export const putAway = (): void => sessionStorage.removeItem(RECEIPT_KEY)

export function keptReceipt(): DeletionReceipt | null {
  const kept = sessionStorage.getItem(RECEIPT_KEY)
  return kept === null ? null : (JSON.parse(kept) as DeletionReceipt)
}

/** What this browser has of the person. How the page looks and speaks here says nothing of anybody. */
export function forgetDevice(): void {
  for (const storage of [localStorage, sessionStorage]) {
    const keys = Object.keys(storage).filter((key) => key.startsWith('openclaw.') && !OF_DEVICE.has(key))
    for (const key of keys) storage.removeItem(key)
  }
}

const OF_DEVICE = new Set(['openclaw.language', 'openclaw.theme', 'openclaw.signedIn'])

type Words = PagesText['data']['receipt']

/** From when on the person may come back: until then a mark stands, and it is the first of what remains. */
export const newFrom = ({ state, remains }: DeletionReceipt): number | null => (state === 'done' ? null : (remains[0]?.until ?? null))

/** For people, to be kept as a file. */
export function receiptText(receipt: DeletionReceipt, say: Words): string {
  const names: Readonly<Record<string, string>> = say.places
  const begin = newFrom(receipt)
  const lines = [
    receipt.state === 'underWay' ? say.titleUnderWay : say.title,
    `${say.id}: ${receipt.id}`,
    `${say.at}: ${fullTime(receipt.at)}`,
    say.states[receipt.state],
    ...(begin === null ? [] : [say.beginAnew(fullTime(begin))]),
    '',
    `${say.deleted}:`,
    ...Object.entries(receipt.deleted).map(([place, count]) => `- ${names[place] ?? place}: ${count}`),
    ...(receipt.also.length > 0 ? ['', say.also(receipt.also.join(', '))] : []),
    '',
    `${say.remains}:`,
    ...receipt.remains.map(({ what, why, until }) => ['-', say.served(what), say.served(why), until === undefined ? '' : `${say.until(fullTime(until))}.`].join(' ').trimEnd()),
  ]
  return `${lines.join('\n')}\n`
}
