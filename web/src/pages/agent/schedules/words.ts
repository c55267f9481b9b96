/**
 * Times in plain words, English or Korean, as a schedule has them.
 *
 * Every word must be understood: what is left over could be an "except". Nothing here knows the page or the clock.
 */
import { inEnglish } from './english'
import { decide, type Found, nothingYet, type Outcome } from './found'
import { inKorean } from './korean'

export type Understood = Outcome | { lack: 'unknown'; rest: string }

/** `now` in milliseconds; `zone` a name of the IANA database. */
export function understand(text: string, now: number, zone: string): Understood {
  const found = nothingYet()
  const rest = read(plain(text), found)
  // A wish that no schedule fulfils explains itself better than its words.
  if (rest !== '' && !found.beyond) return { lack: 'unknown', rest }
  return decide(found, now, zone)
}

const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[,;!?、。]|\.(?=\s|$)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** What no rule took. */
function read(text: string, found: Found): string {
  let rest = text
  for (const [pattern, take] of [...inKorean, ...inEnglish]) {
    rest = rest.replaceAll(pattern, (...args: unknown[]) => {
      const groups = args.slice(1, args.findIndex((arg) => typeof arg === 'number'))
      take(found, ...(groups as (string | undefined)[]))
      return ' '
    })
  }
  return rest.replaceAll(/\s+/g, ' ').trim()
}
