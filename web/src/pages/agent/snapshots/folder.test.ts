import { expect, test } from 'vitest'
import { folderOf, folderProblem } from './folder'

test.each(['', 'old', 'restored-2026-11-21', '한국어', 'a b', 'a.b', 'x'.repeat(100)])('%j may be a folder', (name) => {
  expect(folderProblem(name)).toBeNull()
})

test.each([
  ['x'.repeat(101), 'tooLong'],
  ['가'.repeat(34), 'tooLong'],
  ['a/b', 'slash'],
  ['a\\b', 'slash'],
  ['.hidden', 'dot'],
  ['..', 'dot'],
  [' a', 'space'],
  ['a ', 'space'],
  [' ', 'space'],
  ['a\nb', 'control'],
  ['a\0', 'control'],
])('%j may not, because of %s', (name, problem) => {
  expect(folderProblem(name)).toBe(problem)
})

test('a folder that nobody named is called by the time of its snapshot, as the server does', () => {
  expect(folderOf(1_795_284_905_000)).toBe('restored-2026-11-21-1815')
})
