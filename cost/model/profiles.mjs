// Who uses it, and how it is set up. Each number's source is in docs/cost.md, "Assumptions".

/** A month, as the targets and the reference count it. */
export const DAYS = 30
export const HOURS = DAYS * 24

/** What one person does in a day. */
const PERSON = {
  awakeHours: 2,
  sessions: 3,
  messages: 100,
  /** Of an answer, in the mean. */
  answerWords: 200,
  telegramShare: 0,
  pageHours: 8,
  /** Of the agent's files and state in its repository, and of rows. */
  snapshotGb: 0.1,
  rowsGb: 0.006,
  /** What goes to the model for one message, all its calls together. */
  contextKb: 120,
}

/** The defaults of a deployment. */
const SETUP = {
  network: 'public-ipv4',
  vcpu: 0.5,
  memoryGb: 2,
  idleMinutes: 5,
  onDemandShare: 0.05,
  monitoring: 'alarms',
  snapshotKey: 'parameter',
  imageGb: 0.14,
  images: 5,
  watchdogEveryMinutes: 1,
  logDays: 14,
  spareHours: 0,
}

/** From small to large; an object's keys that are numbers come first. */
export const NAMES = ['personal', '100', '10000', '1000000']
export const PROFILES = { personal: 1, 100: 100, 10000: 10_000, 1000000: 1_000_000 }
export const NETWORKS = ['public-ipv4', 'ipv6-only']

/** `changes`: what differs from the defaults. */
export function profile(name, changes = {}) {
  const users = PROFILES[name]
  if (!users) throw new Error(`there is no profile "${name}": ${NAMES.join(', ')} or all`)
  const made = { name, users, ...PERSON, ...SETUP, ...changes }
  if (!NETWORKS.includes(made.network)) throw new Error(`there is no network "${made.network}": ${NETWORKS.join(' or ')}`)
  return made
}

/** Seconds from the image's pull to the agent's first word: 25 for the machine and the image, the rest is the gateway's. */
const BOOT_SECONDS = { 0.25: 72, 0.5: 46, 1: 34, 2: 32 }

export function bootMinutes(vcpu) {
  const seconds = BOOT_SECONDS[vcpu]
  if (!seconds) throw new Error(`nobody has measured a start with ${vcpu} vCPU: ${Object.keys(BOOT_SECONDS).join(', ')}`)
  return seconds / 60
}

/** Minutes of a session in which the person is there: without the start and the quiet end. */
export const talkMinutes = ({ awakeHours, sessions, vcpu, idleMinutes }) => (awakeHours * 60) / sessions - bootMinutes(vcpu) - idleMinutes

/** The same person before another setup: who talks as long, waits for the start and the end of that one. */
export function samePerson(person, changes) {
  const other = { ...person, ...changes }
  const session = talkMinutes(person) + bootMinutes(other.vcpu) + other.idleMinutes
  return { ...other, awakeHours: (session * other.sessions) / 60 }
}
