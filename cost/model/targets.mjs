// What a personal month should cost, and which set-up reaches it.
import { month } from './months.mjs'
import { profile, samePerson } from './profiles.mjs'
import { whoTheReferenceSees } from './variations.mjs'

export const TARGETS = {
  'public-ipv4': { usd: 0.75, text: 'public IPv4, target 0.75' },
  'ipv6-only': { usd: 0.5, text: 'IPv6 only, target 0.50' },
}

const SPOT_ONLY = { onDemandShare: 0 }
const FRUGAL = { ...SPOT_ONLY, watchdogEveryMinutes: 5, images: 3 }
const { awakeHours } = whoTheReferenceSees()
const slow = samePerson(profile('personal', { awakeHours }), { vcpu: 0.25 })

/** Each adds to the one before it. */
const ROWS = [
  ['as deployed by default', {}],
  ['Spot only', SPOT_ONLY],
  ['and the watchdog every 5 minutes, 3 images kept', FRUGAL],
  [`and a person who keeps the *reference's* task awake for 2 hours a day: ${awakeHours.toFixed(2)} hours with us`, { ...FRUGAL, awakeHours }],
  ['and 0.25 vCPU, which takes 72 s to start', { ...FRUGAL, vcpu: 0.25, awakeHours: slow.awakeHours }],
]

export function targetRows(rows = ROWS) {
  return rows.map(([what, changes]) => ({
    what,
    months: Object.entries(TARGETS).map(([network, target]) => {
      const { usd } = month('personal', { ...changes, network })
      return { usd, reached: usd <= target.usd }
    }),
  }))
}
