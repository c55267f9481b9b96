import { expect, test } from 'vitest'
import { readAmount } from './amount'

test.each([
  ['0', 0],
  ['12.50', 12.5],
  [' $ 7.5 ', 7.5],
  ['US$3', 3],
  ['10000', 10_000],
])('%j is an amount', (text, amount) => {
  expect(readAmount(text)).toBe(amount)
})

test.each(['', 'ten', '-1', '1.234', '10000.01', '99999', '1,5', '1e3', 'NaN', '.5', '5.'])('%j is none', (text) => {
  expect(readAmount(text)).toBeNull()
})

test('where the operator set a cap, an amount is no higher', () => {
  expect([readAmount('20', 20), readAmount('20.01', 20)]).toEqual([20, null])
})
