import { expect, test } from 'vitest'
import { duration, median } from './duration'

test.each([
  [0, '0 sec'],
  [59.4, '59 sec'],
  [60, '1 min'],
  [65, '1 min 5 sec'],
  [599, '9 min 59 sec'],
  [601, '10 min'],
  [3599, '1 hr'],
  [3660, '1 hr 1 min'],
  [7200, '2 hr'],
])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words)
})

test('the median is the middle one, or halfway between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 9, 5])).toBe(4.5)
  expect(median([])).toBeNull()
})
