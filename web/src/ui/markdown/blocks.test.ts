import { expect, test } from 'vitest'
import { cut, emptyCut } from './blocks'

const document = [
  '# Title',
  'A paragraph\nof two lines.',
  '1. one\n\n2. two\n   - nested\n\n   more of two',
  '```js\nconst a = 1\n\nconst b = 2\n```',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  '> quoted\n\nText after 🦞 가나다.',
  'Text before\n$$\na\n\n- b\n$$\n$$ a\n- b\n# c\n= d $$\n\n\\[\n= x\n> y\n\\]\n\nIt costs $$ now.',
  '<b>raw</b>\n\nSetext\n===\n\n    indented code\n\nEnd.',
].join('\n\n')

test('blocks are the text, cut and nothing else', () => {
  expect(cut(document).blocks.join('')).toBe(document)
})

test.each([1, 2, 3, 7, 20])('a stream of pieces of %i is cut as the whole is', (size) => {
  let running = emptyCut
  for (let at = size; at < document.length + size; at += size) running = cut(document.slice(0, at), running)
  expect(running.blocks).toEqual(cut(document).blocks)
})

test('a stream renders only its last block anew', () => {
  const first = cut('One.\n\nTwo.\n\nThr')
  const second = cut('One.\n\nTwo.\n\nThree.', first)
  expect(second.blocks.slice(0, 2)).toEqual(first.blocks.slice(0, 2))
  expect(second.blocks).toEqual(['One.\n\n', 'Two.\n\n', 'Three.'])
})

test('text that was replaced is cut from the start', () => {
  expect(cut('New.\n\nWords.', cut('Old.\n\nText.')).blocks).toEqual(['New.\n\n', 'Words.'])
})

test('an open fence is one block', () => {
  expect(cut('```\na\n\nb\n\nc').blocks).toHaveLength(1)
})

test('line endings of windows keep positions right', () => {
  const whole = 'a\r\n\r\nb\r\n\r\nc'
  expect(cut(whole, cut(whole.slice(0, 5))).blocks).toEqual(['a\n\n', 'b\n\n', 'c'])
})

test('a formula is one block, also before its end is there', () => {
  expect(cut('So\n$$\na\n\n- b\n$$\n\nand').blocks).toEqual(['So\n', '$$\na\n\n- b\n$$\n\n', 'and'])
  expect(cut('\\[\n= b\n> c\n\\]\n').blocks).toHaveLength(1)
  expect(cut('$$\na\n\n- b').blocks).toHaveLength(1)
  expect(cut('$$ a\n- b').blocks).toHaveLength(1)
})

test('a dollar or two in a line do not end its paragraph', () => {
  expect(cut('one $$ two\n$$ x $$\nthree').blocks).toHaveLength(1)
})
