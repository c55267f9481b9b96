import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { prices } from '../model/months.mjs'

const ISO_DAY = /^20\d\d-\d\d-\d\d$/
const all = Object.entries(prices.regions).flatMap(([region, of]) => Object.entries(of).map(([name, price]) => [`${region} ${name}`, price]))

/** Why a price cannot be used, or nothing. */
function complaint({ usd, per, unit, service, source, date, certainty }) {
  if (!(usd > 0)) return 'costs nothing'
  if (!(per >= 1)) return 'is per nothing'
  if (!unit || !service) return 'has no unit or no service'
  if (!source || source.length < 10) return 'has no source'
  if (!ISO_DAY.test(date ?? '')) return 'has no date'
  if (!['read', 'quoted', 'derived'].includes(certainty)) return 'does not say how certain it is'
  return undefined
}

test('each price has a unit, a source, a date, and says how certain it is', () => {
  const complaints = all.map(([name, price]) => [name, complaint(price)]).filter(([, what]) => what)
  assert.deepEqual(complaints, [])
})

test('a price without one of them is complained of', () => {
  const good = prices.regions['us-east-1'].ipv4
  for (const field of ['usd', 'per', 'unit', 'service', 'source', 'date', 'certainty']) {
    assert.ok(complaint({ ...good, [field]: undefined }), `a price without ${field} passes`)
  }
})

test('each region has all prices, and what is free has the unit of its price, a source and a date', () => {
  const [first, ...rest] = Object.values(prices.regions).map((of) => Object.keys(of).sort())
  for (const names of rest) assert.deepEqual(names, first)
  for (const [name, { quantity, unit, source, date }] of Object.entries(prices.alwaysFree)) {
    assert.equal(unit, prices.regions['us-east-1'][name]?.unit, name)
    assert.ok(quantity > 0 && source && ISO_DAY.test(date), name)
  }
})

test('a price beyond a bound is lower, and the bounds rise', () => {
  for (const [name, { usd, beyond = [] }] of all) {
    const steps = [{ above: 0, usd }, ...beyond]
    for (let at = 1; at < steps.length; at += 1) {
      assert.ok(steps[at].above > steps[at - 1].above && steps[at].usd < steps[at - 1].usd, name)
    }
  }
})

test("the page's own estimate uses the same prices", () => {
  const source = readFileSync(new URL('../../crates/domain/src/prices.rs', import.meta.url), 'utf8')
  const number = (text) => Number(text.replaceAll('_', ''))
  const address = /ADDRESS_HOUR: f64 = ([\d._]+);/.exec(source)
  const known = [...source.matchAll(/region: "([a-z0-9-]+)",\s+spot: Rate \{ vcpu_hour: ([\d._]+), gb_hour: ([\d._]+) \},\s+on_demand: Rate \{ vcpu_hour: ([\d._]+), gb_hour: ([\d._]+) \}/g)]
  assert.deepEqual(known.map(([, region]) => region), Object.keys(prices.regions))
  for (const [, region, ...rates] of known) {
    const { spotVcpu, spotGb, onDemandVcpu, onDemandGb, ipv4 } = prices.regions[region]
    assert.deepEqual(rates.map(number), [spotVcpu, spotGb, onDemandVcpu, onDemandGb].map(({ usd }) => usd), region)
    assert.equal(number(address[1]), ipv4.usd)
  }
})
