// What changes the personal bill, one thing at a time. "The same person" talks as long as before, so
// that another idle time or start makes the task's day longer or shorter.
import { month, referenceMonth } from './months.mjs'
import { profile, samePerson, talkMinutes } from './profiles.mjs'
import { awakeOf, VARIANTS } from './reference.mjs'

const person = () => profile('personal')
const asLong = (changes) => ({ ...changes, awakeHours: samePerson(person(), changes).awakeHours })
const WEEKDAY_SPARE_HOURS = 220

export const VARIATIONS = [
  ['idle timeout 2 minutes instead of 5', asLong({ idleMinutes: 2 })],
  ['idle timeout 10 minutes', asLong({ idleMinutes: 10 })],
  ['idle timeout 15 minutes', asLong({ idleMinutes: 15 })],
  ['idle timeout 20 minutes: the longest that habits make it', asLong({ idleMinutes: 20 })],
  ['0.25 vCPU', asLong({ vcpu: 0.25 })],
  ['1 vCPU', asLong({ vcpu: 1 })],
  ['2 vCPU, 4 GB', asLong({ vcpu: 2, memoryGb: 4 })],
  ['1 GB of memory: too little for tools', { memoryGb: 1 }],
  ['nothing on demand', { onDemandShare: 0 }],
  ['20 % on demand', { onDemandShare: 0.2 }],
  ['all on demand', { onDemandShare: 1 }],
  ['IPv6 only', { network: 'ipv6-only' }],
  ['monitoring none', { monitoring: 'none' }],
  ['monitoring full', { monitoring: 'full' }],
  ['no free tier left in the account', { free: false }],
  ['no free tier left, monitoring full', { free: false, monitoring: 'full' }],
  ['watchdog every 5 minutes', { watchdogEveryMinutes: 5 }],
  ['a KMS key of our own for snapshots', { snapshotKey: 'kms' }],
  ['1 GB of snapshots instead of 0.1', { snapshotGb: 1 }],
  ['answers of 400 words instead of 200', { answerWords: 400 }],
  ['answers of 100 words', { answerWords: 100 }],
  ['a page that is open day and night', { pageHours: 24 }],
  ['all messages from Telegram', { telegramShare: 1 }],
  ['a spare, 10 hours on weekdays', { spareHours: WEEKDAY_SPARE_HOURS }],
  ['2 hours of talk, starts and idle ends on top', { awakeHours: twoHoursOfTalk() }],
]

/** The bill of each, and by how much it differs. */
export function variations() {
  const usual = month('personal').usd
  return VARIATIONS.map(([what, changes]) => {
    const { usd } = month('personal', changes)
    return { what, usd, difference: usd - usual }
  })
}

/** As many hours of talk as the day has hours awake; what is not talk comes on top again. */
function twoHoursOfTalk() {
  const { awakeHours, sessions } = person()
  const talk = (talkMinutes(person()) * sessions) / 60
  return awakeHours + (awakeHours - talk)
}

/** The person who keeps the reference's task awake for two hours a day, there and with us. */
export function whoTheReferenceSees(variant = 'B') {
  const { awakeHours } = person()
  const theirs = awakeOf(person(), VARIANTS[variant]).awakeHours
  const changes = { awakeHours: awakeHours - (theirs - awakeHours) }
  return { ...changes, ours: (more) => month('personal', { ...changes, ...more }), theirs: referenceMonth('personal', variant, changes) }
}
