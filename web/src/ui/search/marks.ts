/** A snippet in pieces, so that what was found in it can be marked. */
export interface Piece {
  text: string
  found: boolean
  /** Where it begins: what tells it from the others. */
  at: number
}

/** Ranges are in UTF-16 units, as JavaScript counts; one that does not fit the text is cut to it. */
export function pieces(text: string, ranges: readonly { start: number; end: number }[]): Piece[] {
  const cut: Piece[] = []
  let at = 0
  const take = (end: number, found: boolean) => {
    const until = Math.min(end, text.length)
    if (until > at) cut.push({ text: text.slice(at, until), found, at })
    at = Math.max(at, until)
  }
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    take(start, false)
    take(end, true)
  }
  take(text.length, false)
  return cut
}

/** Of a title, which is searched here: every place where the words stand. */
export function placesOf(title: string, query: string): { start: number; end: number }[] {
  const [where, what] = [title.toLowerCase(), query.toLowerCase()]
  // Lower case may be longer; then nothing is marked, rather than the wrong letters.
  if (what === '' || where.length !== title.length) return []
  const found = []
  for (let start = where.indexOf(what); start !== -1; start = where.indexOf(what, start + what.length)) found.push({ start, end: start + what.length })
  return found
}
