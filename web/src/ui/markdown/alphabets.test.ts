import { expect, test } from 'vitest'
import { inAlphabet } from './alphabets'

test.each([
  ['R', 'double-struck', 'ℝ'],
  ['E1', 'double-struck', '𝔼𝟙'],
  ['L', 'script', 'ℒ'],
  ['g', 'fraktur', '𝔤'],
  ['x0', 'bold', '𝐱𝟎'],
  ['θ+', 'bold', 'θ+'],
  ['x', 'normal', 'x'],
])('`%s` in %s is `%s`', (text, variant, letters) => expect(inAlphabet(text, variant)).toBe(letters))
