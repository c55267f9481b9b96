// The tables of docs/cost.md, by the names of their markers.
import { byService } from './bill.mjs'
import { measured, month, prices, referenceMonth } from './months.mjs'
import { occurrences } from './usage.mjs'
import { NAMES, PROFILES, profile } from './profiles.mjs'
import { VARIANTS } from './reference.mjs'
import { dollars, markdown, quantity } from './table.mjs'
import { TARGETS, targetRows } from './targets.mjs'
import { variations } from './variations.mjs'

const people = (name) => (name === 'personal' ? 'personal' : `${PROFILES[name].toLocaleString('en-US')} users`)

export const TABLES = {
  summary: () =>
    markdown([
      ['', 'public IPv4', 'per user', 'IPv6 only', 'per user', ...Object.keys(VARIANTS).map((name) => `reference ${name}, per user`)],
      ...NAMES.map((name) => {
        const ours = ['public-ipv4', 'ipv6-only'].map((network) => month(name, { network }))
        const theirs = Object.keys(VARIANTS).map((variant) => referenceMonth(name, variant))
        return [people(name), ...ours.flatMap(({ usd, perUser }) => [dollars(usd), dollars(perUser)]), ...theirs.map(({ perUser }) => dollars(perUser))]
      }),
    ]),

  targets: () =>
    markdown([
      ['the personal month, and what is changed', ...Object.values(TARGETS).map(({ text }) => text)],
      ...targetRows().map(({ what, months }) => [what, ...months.map(({ usd, reached }) => `${dollars(usd)}${reached ? ', reached' : ''}`)]),
    ]),

  personal: () => {
    const six = new Map(month('personal', { network: 'ipv6-only' }).lines.map((line) => [line.price, line.usd]))
    const made = month('personal')
    const rows = made.lines.filter(({ quantity }) => quantity > 0)
    return markdown([
      ['service', 'what', 'quantity', 'of it paid', 'US$', 'US$, IPv6 only'],
      ...rows.map((line) => [line.service, line.what, `${quantity(line.quantity)} ${line.unit}`, quantity(line.paid), dollars(line.usd), dollars(six.get(line.price))]),
      ['**all**', '', '', '', `**${dollars(made.usd)}**`, `**${dollars(month('personal', { network: 'ipv6-only' }).usd)}**`],
    ])
  },

  services: () => {
    const months = NAMES.map((name) => month(name))
    const order = byService(months.at(-1)).map(([service]) => service).filter((service) => months.some((made) => made.lines.some((line) => line.service === service && line.usd > 0)))
    const share = (made, service) => dollars(new Map(byService(made)).get(service) / made.users)
    return markdown([
      ['US$ per user', ...NAMES.map(people)],
      ...order.map((service) => [service, ...months.map((made) => share(made, service))]),
      ['**all**', ...months.map(({ perUser }) => `**${dollars(perUser)}**`)],
    ])
  },

  seoul: () =>
    markdown([
      ['ap-northeast-2, US$ per user', ...NAMES.map(people)],
      ...['public-ipv4', 'ipv6-only'].map((network) => [network, ...NAMES.map((name) => dollars(month(name, { region: 'ap-northeast-2', network }).perUser))]),
    ]),

  sensitivity: () =>
    markdown([['what is changed', 'US$ a month', 'difference'], ...variations().map(({ what, usd, difference }) => [what, dollars(usd), signed(difference)])]),

  reference: () =>
    markdown([
      ['reference, personal', 'US$', ...REFERENCE_SERVICES],
      ...Object.entries(VARIANTS).map(([name, { text }]) => {
        const made = referenceMonth('personal', name)
        const services = new Map(byService(made))
        return [`${name}: ${text}`, dollars(made.usd), ...REFERENCE_SERVICES.map((service) => dollars(services.get(service) ?? 0))]
      }),
    ]),

  measured: () => {
    const often = occurrences(profile('personal'))
    return markdown([
      ['what happens', 'in a personal month', 'DynamoDB requests', 'read units', 'write units', 'S3 PUT, LIST', 'S3 GET', 'frames to the page and the bridge', 'frames from the page', 'HTTP API'],
      ...Object.entries(SCENARIOS).map(([name, what]) => [what, quantity(often[name]), ...countsOf(measured.scenarios[name])]),
    ])
  },

  prices: () => {
    const [ours, theirs] = Object.values(prices.regions)
    const price = ({ usd, per, beyond = [] }) => [`${usd}`, ...beyond.map((step) => `${step.usd} above ${step.above.toLocaleString('en-US')}`)].join('; ') + (per === 1 ? '' : ` per ${per.toLocaleString('en-US')}`)
    const free = (name) => (prices.alwaysFree[name] ? prices.alwaysFree[name].quantity.toLocaleString('en-US') : '')
    return markdown([
      ['service', 'price', 'unit', ...Object.keys(prices.regions), 'always free', 'read on', 'certainty'],
      ...Object.entries(ours).map(([name, it]) => [it.service, `\`${name}\``, it.unit, price(it), price(theirs[name]), free(name), it.date, [...new Set([it.certainty, theirs[name].certainty])].join(', ')]),
    ])
  },
}

const signed = (usd) => (Math.abs(usd) < 0.0005 ? '0' : `${usd < 0 ? '−' : '+'}${dollars(Math.abs(usd))}`)

const REFERENCE_SERVICES = ['S3', 'Fargate', 'API Gateway', 'Public IPv4', 'NAT']

const SCENARIOS = {
  pageOpen: 'somebody opens the page',
  wakeUp: 'a wake-up with its message, 400 words in answer',
  warmMessage: 'a message to a running agent, 400 words in answer',
  shortMessage: 'the same, 100 words in answer',
  stop: 'the idle end, with its snapshot',
  pageClose: 'the page is closed',
  snapshot: 'a snapshot while it runs',
  idleMinute: 'a minute of a running task, the watchdog looking',
  watchdogSweep: 'a look of the watchdog while nobody is awake',
  telegramMessage: 'a Telegram message to a running agent',
}

const countsOf = ({ calls, units, page }) =>
  [
    count(calls, /^dynamodb:/),
    units.read,
    units.write + units.indexWrite,
    count(calls, /^s3:(Put|List|Post|Copy)/),
    count(calls, /^s3:(Get|Head)/),
    count(calls, /PostToConnection/),
    page?.messagesIn ?? 0,
    page?.apiRequests ?? 0,
  ].map(quantity)

const count = (calls, pattern) => Object.entries(calls).reduce((sum, [name, times]) => sum + (pattern.test(name) ? times : 0), 0)
