import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bill, costOf } from '../model/bill.mjs'

const PRICES = {
  message: { usd: 1, per: 1_000_000, unit: 'message', service: 'Post', beyond: [{ above: 1_000_000_000, usd: 0.8 }] },
  hour: { usd: 0.005, per: 1, unit: 'hour', service: 'Address' },
}
const near = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-9, `${value}, not ${expected}`)

test('a quantity costs its price, and what lies above a bound the price beyond it', () => {
  near(costOf(60, PRICES.hour), 0.3)
  near(costOf(1_000_000, PRICES.message), 1)
  near(costOf(3_000_000_000, PRICES.message), 1000 + 1600)
  near(costOf(0, PRICES.message), 0)
})

test('what is free is taken off once, however many things use it', () => {
  const usage = [
    { price: 'message', quantity: 3_000_000, what: 'said' },
    { price: 'message', quantity: 1_000_000, what: 'answered' },
  ]
  const { lines, usd } = bill(usage, PRICES, { message: { quantity: 1_500_000 } })
  assert.deepEqual(lines.map(({ what, quantity, paid }) => [what, quantity, paid]), [['said, answered', 4_000_000, 2_500_000]])
  near(usd, 2.5)
})

test('less than what is free costs nothing, and never gives money back', () => {
  near(bill([{ price: 'hour', quantity: 2, what: 'a' }], PRICES, { hour: { quantity: 5 } }).usd, 0)
})

test('the dearest line comes first', () => {
  const usage = [
    { price: 'message', quantity: 1_000, what: 'few' },
    { price: 'hour', quantity: 100, what: 'many' },
  ]
  assert.deepEqual(bill(usage, PRICES, {}).lines.map(({ price }) => price), ['hour', 'message'])
})

test('a price that nobody knows and a quantity that is none are errors, not zero', () => {
  assert.throws(() => bill([{ price: 'gold', quantity: 1, what: '' }], PRICES, {}), /there is no price "gold"/)
  assert.throws(() => bill([{ price: 'hour', quantity: NaN, what: '' }], PRICES, {}), /used NaN times/)
  assert.throws(() => bill([{ price: 'hour', quantity: -1, what: '' }], PRICES, {}), /used -1 times/)
})
