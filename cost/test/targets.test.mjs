import assert from 'node:assert/strict'
import { test } from 'node:test'
import { month } from '../model/months.mjs'
import { TARGETS, targetRows } from '../model/targets.mjs'

// docs/cost.md says plainly which set-up reaches which target. Whoever makes one cheaper changes that page, too.
test('as deployed neither target is reached; the last set-up of docs/cost.md reaches both', () => {
  const reached = targetRows().map(({ months }) => months.map((one) => one.reached))
  assert.deepEqual(reached[0], [false, false])
  assert.deepEqual(reached.at(-1), [true, true])
})

test('each row is cheaper than the one above it', () => {
  const rows = targetRows()
  for (let at = 1; at < rows.length; at += 1) {
    for (const place of [0, 1]) assert.ok(rows[at].months[place].usd < rows[at - 1].months[place].usd, rows[at].what)
  }
})

test('what is dear reaches no target', () => {
  const dear = [['1', { imageGb: 100 }]]
  assert.deepEqual(targetRows(dear)[0].months.map(({ reached }) => reached), [false, false])
  assert.deepEqual(Object.values(TARGETS).map(({ usd }) => usd), [0.75, 0.5])
})

test('a month as deployed stays below 1.20, the address in it, and below 0.90 with IPv6 only', () => {
  assert.ok(month('personal').usd <= 1.2)
  assert.ok(month('personal', { network: 'ipv6-only' }).usd <= 0.9)
})
