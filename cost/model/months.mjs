// The bills that the command prints and docs/cost.md shows.
import { readFileSync } from 'node:fs'
import { bill } from './bill.mjs'
import { profile } from './profiles.mjs'
import { referenceUsage, VARIANTS } from './reference.mjs'
import { usage } from './usage.mjs'

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url)))

export const prices = read('prices.json')
export const measured = read('measured.json')
export const REGIONS = Object.keys(prices.regions)

function of(region) {
  const found = prices.regions[region]
  if (!found) throw new Error(`there are no prices of "${region}": ${REGIONS.join(' or ')}`)
  return found
}

/** Ours. `free: false`: other things in the account have used up what is free. */
export function month(name, { region = 'us-east-1', free = true, ...changes } = {}) {
  const person = profile(name, changes)
  return withShare(person, bill(usage(person, measured), of(region), free ? prices.alwaysFree : {}))
}

/** The reference's, for the same person. */
export function referenceMonth(name, variant, { region = 'us-east-1', files, ...changes } = {}) {
  const person = profile(name, changes)
  return withShare(person, bill(referenceUsage(person, VARIANTS[variant], { files }), of(region), prices.alwaysFree))
}

const withShare = ({ users }, made) => ({ ...made, users, perUser: made.usd / users })
