// `make cost`: prints a month's bill, and writes nothing.
//
//   PROFILE=personal|100|10000|1000000|all REGION=us-east-1|ap-northeast-2 NETWORK=public-ipv4|ipv6-only node cli.mjs
import { byService } from './model/bill.mjs'
import { measured, month, referenceMonth } from './model/months.mjs'
import { NAMES } from './model/profiles.mjs'
import { VARIANTS } from './model/reference.mjs'
import { aligned, dollars, quantity } from './model/table.mjs'

const set = (name, otherwise) => process.env[name] || otherwise
const asked = { profile: set('PROFILE', 'personal'), region: set('REGION', 'us-east-1'), network: set('NETWORK', 'public-ipv4') }

function oneProfile({ profile, region, network }) {
  const made = month(profile, { region, network })
  const head = ['service', 'what', 'quantity', 'unit', 'of it paid', 'US$']
  const rows = made.lines.filter((line) => line.quantity > 0).map((line) => [line.service, line.what, quantity(line.quantity), line.unit, quantity(line.paid), dollars(line.usd)])
  const sum = ['total', made.users === 1 ? '' : `${dollars(made.perUser)} for each of ${made.users.toLocaleString('en-US')} users`, '', '', '', dollars(made.usd)]
  return `A month for ${profile}, ${region}, ${network}\n\n${aligned([head, ...rows, sum], 2)}\n\n${beside(asked)}`
}

/** The reference at the same person's. */
function beside({ profile, region }) {
  const rows = Object.entries(VARIANTS).map(([name, { text }]) => {
    const theirs = referenceMonth(profile, name, { region })
    return [name, text, dollars(theirs.usd), dollars(theirs.perUser)]
  })
  return aligned([['the reference', 'as', 'US$', 'per user'], ...rows], 2)
}

function allProfiles({ region, network }) {
  const months = NAMES.map((profile) => month(profile, { region, network }))
  const services = byService(months[0]).map(([name]) => name)
  const of = (made, service) => new Map(byService(made)).get(service) / made.users
  const rows = services.map((service) => [service, ...months.map((made) => dollars(of(made, service)))])
  rows.push(['per user', ...months.map(({ perUser }) => dollars(perUser))], ['all users', ...months.map(({ usd }) => dollars(usd))])
  return `US$ a month per user, ${region}, ${network}\n\n${aligned([['service', ...NAMES], ...rows])}`
}

try {
  console.log(asked.profile === 'all' ? allProfiles(asked) : oneProfile(asked))
  console.log(`\nCalls measured on ${measured.measuredOn}; model tokens, tax and support are not in it. See docs/cost.md.`)
} catch (error) {
  console.error(`make cost: ${error.message}`)
  process.exitCode = 2
}
