import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measured, month, prices, referenceMonth } from '../model/months.mjs'
import { NAMES, NETWORKS, profile, samePerson, talkMinutes } from '../model/profiles.mjs'
import { VARIANTS } from '../model/reference.mjs'
import { occurrences, usage } from '../model/usage.mjs'

const near = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-9 * Math.max(1, Math.abs(expected)), `${value}, not ${expected}`)
const line = (made, price) => made.lines.find((one) => one.price === price)

test('sixty hours on Spot cost what paper and pencil say', () => {
  const made = month('personal', { onDemandShare: 0 })
  near(line(made, 'spotVcpu').usd, 60 * 0.5 * 0.01030969)
  near(line(made, 'spotGb').usd, 60 * 2 * 0.00113349)
  near(line(made, 'ipv4').usd, 60 * 0.005)
  near(line(made, 'onDemandVcpu').usd, 0)
})

test('a twentieth on demand costs the twentieth of its price, and Spot the rest', () => {
  const made = month('personal')
  near(line(made, 'spotVcpu').usd, 57 * 0.5 * 0.01030969)
  near(line(made, 'onDemandVcpu').usd, 3 * 0.5 * 0.03238)
})

test('a task costs a minute at least', () => {
  const made = month('personal', { awakeHours: 0.01, sessions: 60, onDemandShare: 0 })
  near(line(made, 'ipv4').quantity, 30)
})

test('messages by WebSocket are what was counted, and pings with their answers', () => {
  const often = occurrences(profile('personal'))
  assert.deepEqual([often.wakeUp, often.warmMessage, often.shortMessage, often.watchdogSweep, often.snapshot].map(Math.round), [90, 970, 1940, 43_200, 720])
  const said = (name) => {
    const { calls, page } = measured.scenarios[name]
    return (calls['execute-api:PostToConnection'] ?? 0) + (page?.messagesIn ?? 0)
  }
  // Answers of 200 words are for a third those of 400, and for two those of 100.
  const counted = 90 * (said('pageOpen') + said('wakeUp') + said('stop') + said('pageClose')) + 970 * said('warmMessage') + 1940 * said('shortMessage') + 720 * said('snapshot') + 3600 * said('idleMinute')
  const pings = 30 * 12 * (2 + 8) * 2
  near(line(month('personal'), 'wsMessage').quantity, counted + pings)
})

test('the watchdog reads as often as it looks, whoever is awake', () => {
  const reads = (changes) => line(month('personal', changes), 'dynamoRead').quantity
  near(reads() - reads({ watchdogEveryMinutes: 2 }), 21_600 * measured.scenarios.watchdogSweep.units.read)
})

test('a month is the sum of its lines', () => {
  for (const name of NAMES) {
    const made = month(name)
    near(made.usd, made.lines.reduce((sum, { usd }) => sum + usd, 0))
    near(made.perUser * made.users, made.usd)
  }
})

test('more of anything never costs less', () => {
  const more = { awakeHours: 3, messages: 200, answerWords: 400, pageHours: 12, snapshotGb: 1, contextKb: 500, vcpu: 1, memoryGb: 4, onDemandShare: 0.5, images: 9, monitoring: 'full', free: false, spareHours: 10 }
  for (const [name, value] of Object.entries(more)) {
    for (const people of ['personal', '10000']) {
      assert.ok(month(people, { [name]: value }).usd >= month(people).usd, `${name} = ${value} makes ${people} cheaper`)
    }
  }
  const totals = NAMES.map((name) => month(name).usd)
  assert.deepEqual([...totals].sort((a, b) => a - b), [totals[0], ...totals.slice(1)])
})

test('IPv6 only saves exactly the addresses', () => {
  for (const name of NAMES) {
    const four = month(name)
    near(four.usd - line(four, 'ipv4').usd, month(name, { network: 'ipv6-only' }).usd)
  }
})

test('the same person talks as long with another idle timeout, and the day grows by its difference', () => {
  const usual = profile('personal')
  const longer = samePerson(usual, { idleMinutes: 15 })
  near(talkMinutes(longer), talkMinutes(usual))
  near(longer.awakeHours - usual.awakeHours, (3 * 10) / 60)
})

test("the reference's S3 bill is every file, every five minutes", () => {
  const made = referenceMonth('personal', 'B')
  const awake = (talkMinutes(profile('personal')) + 68.5 / 60 + 15 + 2.5) * 3 * 30
  near(line(made, 's3Put').quantity, (awake / 5 + 90) * 400 + 90)
})

test('the reference costs more than we do for the same person, however it is set up', () => {
  for (const name of NAMES) {
    for (const variant of Object.keys(VARIANTS)) {
      assert.ok(referenceMonth(name, variant).perUser > month(name, { snapshotKey: 'parameter' }).perUser, `${name} ${variant}`)
    }
  }
})

test('all regions and networks have a bill', () => {
  for (const region of Object.keys(prices.regions)) {
    for (const network of NETWORKS) assert.ok(month('100', { region, network }).usd > 0)
  }
})

test('what is unknown is refused with a sentence', () => {
  assert.throws(() => month('7'), /there is no profile "7": .*personal/)
  assert.throws(() => month('personal', { network: 'ipv5' }), /there is no network "ipv5": public-ipv4 or ipv6-only/)
  assert.throws(() => month('personal', { region: 'mars-1' }), /there are no prices of "mars-1"/)
})

test('each measured scenario is used, and a scenario that is missing is an error', () => {
  const often = occurrences(profile('personal', { telegramShare: 0.5 }))
  assert.deepEqual(Object.keys(often).sort(), Object.keys(measured.scenarios).sort())
  const { pageOpen: _, ...rest } = measured.scenarios
  assert.throws(() => usage(profile('personal'), { scenarios: rest }))
})

// The tests above must notice when the model forgets something.
test('a forgotten price, a forgotten scenario and a free tier that is given twice are noticed', () => {
  const made = month('personal', { snapshotKey: 'kms' })
  for (const forgotten of ['spotVcpu', 'ipv4', 'ecr', 'kmsKey', 'wsMessage', 'dynamoWrite', 's3Put']) {
    assert.ok(line(made, forgotten).usd > 0, `${forgotten} costs nothing`)
  }
  assert.ok(month('personal', { snapshotKey: 'kms', free: false }).usd > made.usd)
})
