/**
 * Finds the formulas of a block of markdown and writes them in the one way that the parser is told of:
 * `$$ … $$` for one that stands by itself, `$$$ … $$$` for one in the line, each on one line.
 *
 * Agents write `$$…$$`, `\[…\]`, `\(…\)` and `$…$`. A single dollar is also money, so it opens a formula
 * only if what it holds is clearly TeX. What is code is left alone, and what is no formula stays text.
 */

const FENCE = /[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})[^\n]*(?:\n|$)/y

/** A paragraph is the longest that any of these may be. */
const BLANK_LINE = /\n[ \t>]*\n/

export function markFormulas(source: string, open: boolean): string {
  let out = ''
  let at = 0
  const take = (end: number) => {
    out += source.slice(at, end)
    at = end
  }
  while (at < source.length) {
    const lineStart = at === 0 || source[at - 1] === '\n'
    const code = lineStart ? endOfFence(source, at) : null
    if (code !== null) {
      take(code)
      continue
    }
    const found = formulaAt(source, at, open)
    if (found) {
      out += written(found, source, at)
      at = found.end
    } else if (source[at] === '`') take(endOfCode(source, at))
    else if (source[at] === '\\') take(at + 2)
    else if (source.startsWith('$$', at)) {
      // Left as it is, the parser would look for an end of its own.
      out += '\\$\\$'
      at += 2
    } else take(at + 1)
  }
  return out
}

/** Whether there is anything to look for: most replies have no formula. */
export const mayHaveFormulas = (source: string): boolean => /\$|\\[([]/.test(source)

interface Formula {
  tex: string
  display: boolean
  end: number
}

function endOfFence(source: string, at: number): number | null {
  FENCE.lastIndex = at
  const mark = FENCE.exec(source)?.[1]
  if (!mark) return null
  const begins = FENCE.lastIndex
  const closing = new RegExp(`^[ \\t>]*${mark[0]}{${mark.length},}[ \\t]*$`, 'm').exec(source.slice(begins))
  return closing ? begins + closing.index + closing[0].length : source.length
}

function endOfCode(source: string, at: number): number {
  const run = /`+/y
  run.lastIndex = at
  const ticks = run.exec(source)?.[0] ?? '`'
  const closing = new RegExp(`(?<!\`)${ticks}(?!\`)`, 'g')
  closing.lastIndex = at + ticks.length
  return closing.exec(source) ? closing.lastIndex : at + ticks.length
}

function formulaAt(source: string, at: number, open: boolean): Formula | null {
  if (source.startsWith('$$', at)) return between(source, at, '$$', '$$', true, open)
  if (source.startsWith('\\[', at)) return between(source, at, '\\[', '\\]', true, open)
  if (source.startsWith('\\(', at)) return between(source, at, '\\(', '\\)', false, open)
  return source[at] === '$' ? inTheLine(source, at) : null
}

/** One that is still being written is closed where the text ends. */
function between(source: string, at: number, opening: string, closing: string, display: boolean, open: boolean): Formula | null {
  const begins = at + opening.length
  const closes = source.indexOf(closing, begins)
  if (closes < 0 && !open) return null
  const tex = source.slice(begins, closes < 0 ? undefined : closes)
  const end = closes < 0 ? source.length : closes + closing.length
  // An address in brackets that were escaped.
  if (opening === '\\[' && source[end] === '(') return null
  const byItself = opening === '$$' && /^[ \t]*\n/.test(tex)
  if (BLANK_LINE.test(tex) && !byItself) return null
  return tex.trim() === '' || isProse(tex) ? null : { tex, display, end }
}

function inTheLine(source: string, at: number): Formula | null {
  const found = /\$(?![\s$])((?:\\.|[^\\$\n])+?)(?<!\s)\$(?![\w$])/y
  found.lastIndex = at
  const tex = found.exec(source)?.[1]
  const before = source[at - 1] ?? ' '
  if (tex === undefined || /[\w$]/.test(before) || !isClearlyTex(tex)) return null
  return { tex, display: false, end: found.lastIndex }
}

/** Words, or nothing but a number, as in `\[sic\]` and `\[1\]`. */
const isProse = (tex: string): boolean => /^[\s\d.,]*$/.test(tex) || (/^[\s\p{L}\p{P}]+$/u.test(tex) && /\p{L}{3}/u.test(tex) && !/[\\^_{}]/.test(tex))

const isClearlyTex = (tex: string): boolean =>
  /\\[A-Za-z,;!%|{]/.test(tex) || /[\w)}\]][\^_][\w{(\\+-]/.test(tex) || /^(?:[A-Za-z]'*|\|[A-Za-z]\|)$/.test(tex) || isSum(tex)

/** Short names and numbers with something done to them, or one number alone; never words. */
const isSum = (tex: string): boolean =>
  /^[\dA-Za-z\s.,'+\-*/=<>()|![\]]+$/.test(tex) &&
  !/[A-Za-z]{3}/.test(tex) &&
  !/[+\-*/=<>(,.]$/.test(tex) &&
  (/^[A-Za-z]\(/.test(tex) || /[\dA-Za-z)]\s*[+\-*/=<>]\s*[\dA-Za-z(-]/.test(tex) || /^-?\d*\.?\d*[A-Za-z]?$/.test(tex))

function written({ tex, display }: Formula, source: string, at: number): string {
  const line = source.slice(source.lastIndexOf('\n', at) + 1, at)
  const oneLine = tex
    .replaceAll(/(?<!\\)%[^\n]*(?=\n)/g, '')
    .replaceAll(/^\s*>/.test(line) ? /\n[ \t>]*/g : /\n/g, ' ')
    .trim()
  // In a table the bar would begin a cell.
  const inCell = /^\s*\|/.test(line) ? oneLine.replaceAll('\\|', '\\Vert ').replaceAll('|', '\\vert ') : oneLine
  const mark = display ? '$$' : '$$$'
  return `${mark} ${inCell} ${mark}`
}
