import { expect, test } from 'vitest'
import { pieces, placesOf } from './marks'

const marked = (text: string, ranges: { start: number; end: number }[]) =>
  pieces(text, ranges)
    .map(({ text: piece, found }) => (found ? `[${piece}]` : piece))
    .join('')

test.each([
  [[], 'a fox, a Fox'],
  [[{ start: 2, end: 5 }], 'a [fox], a Fox'],
  [
    [
      { start: 9, end: 12 },
      { start: 2, end: 5 },
    ],
    'a [fox], a [Fox]',
  ],
  [
    [
      { start: 0, end: 5 },
      { start: 2, end: 7 },
    ],
    '[a fox][, ]a Fox',
  ],
  [[{ start: 9, end: 99 }], 'a fox, a [Fox]'],
])('with %j it reads %s', (ranges, read) => expect(marked('a fox, a Fox', ranges)).toBe(read))

test('units are those of UTF-16', () => expect(marked('🦊 여우 🦊', [{ start: 3, end: 5 }])).toBe('🦊 [여우] 🦊'))

test('a title is searched without regard to case', () => {
  expect(marked('Plan the plan', placesOf('Plan the plan', 'PLAN'))).toBe('[Plan] the [plan]')
  expect(placesOf('Plan', '')).toEqual([])
  expect(placesOf('İstanbul plan', 'plan')).toEqual([])
})
