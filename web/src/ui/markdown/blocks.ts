/**
 * Cuts markdown into its top-level blocks, so that a stream of words renders
 * only the block it is in.
 *
 * Everything up to the last two blocks of the previous cut is kept as it was. Two,
 * because a list is followed by a paragraph `2` until the dot arrives that makes
 * it the second item.
 */
import { Marked, type TokenizerAndRendererExtension } from 'marked'

const OPENING = /^ {0,3}(?:\$\$|\\\[)/m

/**
 * A formula of several lines is one block, whatever its lines look like, and also while its end is not there
 * yet. Only one whose first line is nothing but the mark may have blank lines in it.
 */
const FORMULA = new RegExp(
  [
    String.raw`^ {0,3}\$\$[ \t]*\n[^]*?(?:\$\$[^\n]*(?:\n|$)|$)`,
    String.raw`^ {0,3}\\\[[ \t]*\n(?:(?!\n[ \t]*\n)[^])*?(?:\\\][^\n]*(?:\n|$)|$)`,
    String.raw`^ {0,3}\$\$[^\n$]+\n(?:(?!\n[ \t]*\n)[^])*?(?:\$\$[^\n]*(?:\n|$)|$)`,
    String.raw`^ {0,3}\\\[(?:(?!\\\])[^\n])+\n(?:(?!\n[ \t]*\n)[^])*?(?:\\\][^\n]*(?:\n|$)|$)`,
  ].join('|'),
)

const formula: TokenizerAndRendererExtension = {
  name: 'formula',
  level: 'block',
  start: (source) => OPENING.exec(source)?.index,
  tokenizer: (source) => {
    const raw = FORMULA.exec(source)?.[0]
    return raw === undefined ? undefined : { type: 'formula', raw }
  },
}

const marked = new Marked({ gfm: true, extensions: [formula] })

export interface Cut {
  text: string
  blocks: string[]
}

export const emptyCut: Cut = { text: '', blocks: [] }

export function cut(raw: string, previous: Cut = emptyCut): Cut {
  // The lexer reads every line ending as this one, and positions have to agree with it.
  const text = raw.replaceAll(/\r\n?/g, '\n')
  if (text === previous.text) return previous
  const kept = text.startsWith(previous.text) ? previous.blocks.slice(0, -2) : []
  const start = kept.reduce((length, block) => length + block.length, 0)
  return { text, blocks: [...kept, ...lex(text.slice(start))] }
}

/** Blank lines stay with the block before them: a list may go on behind one. */
function lex(text: string): string[] {
  const blocks: string[] = []
  for (const { type, raw } of marked.lexer(text)) {
    if (type === 'space' && blocks.length > 0) blocks[blocks.length - 1] += raw
    else blocks.push(raw)
  }
  return blocks
}
