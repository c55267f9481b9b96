import { expect, test } from 'vitest'
import { usd } from './money'

test.each([
  [0, '$0.00'],
  [0.00002, '< $0.0001'],
  [0.0001, '$0.0001'],
  [0.0123, '$0.0123'],
  [0.019, '$0.0190'],
  [0.5, '$0.50'],
  [0.99999, '$1.00'],
  [1.2345, '$1.23'],
  [1234.5, '$1,234.50'],
])('%d dollars are %s', (amount, words) => {
  expect(usd(amount)).toBe(words)
})
