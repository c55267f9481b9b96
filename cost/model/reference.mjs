// The project this one learns from, by what its code does and its pages say, for the same person.
// What is not known of it is taken to be as ours is.
import { machines } from './machines.mjs'
import { DAYS, talkMinutes } from './profiles.mjs'

const GB = 1e9
const IDLE_MINUTES = 15
/** Its watchdog stops a task, and looks every five minutes: half of that late. */
const WATCHDOG_MINUTES = 5
const BACKUP_MINUTES = 5
const PING_SECONDS = 30
/** Beside one post for each token of an answer: the status before and the end after it. */
const OTHER_POSTS = 2
/** Files in a workspace; it puts all of them each time. */
const FILES = 400
/** Seconds until its first answer, at its sizes. */
const BOOT_SECONDS = { 0.25: 126, 1: 68.5 }
const METRIC_SERIES = 18
const STATE_ROW_BYTES = 200
const LAMBDA_GB_SECONDS = 0.025
const LAMBDA_LOG_BYTES = 1_400

export const VARIANTS = {
  A: { vcpu: 0.25, memoryGb: 2, x86: true, onDemandShare: 0, network: 'public-ipv4', text: '0.25 vCPU, 2 GB, x86, Spot' },
  'A, on demand': { vcpu: 0.25, memoryGb: 2, x86: true, onDemandShare: 1, network: 'public-ipv4', text: '0.25 vCPU, 2 GB, x86, on demand' },
  B: { vcpu: 1, memoryGb: 2, x86: false, onDemandShare: 0, network: 'public-ipv4', text: '1 vCPU, 2 GB, ARM64, Spot: its default' },
  'B, NAT': { vcpu: 1, memoryGb: 2, x86: false, onDemandShare: 0, network: 'nat', text: 'B in private subnets behind a NAT gateway' },
}

/** How long its task is awake for a person who talks as long. */
export function awakeOf(person, variant) {
  const session = talkMinutes(person) + BOOT_SECONDS[variant.vcpu] / 60 + IDLE_MINUTES + WATCHDOG_MINUTES / 2
  return { ...person, ...variant, awakeHours: (session * person.sessions) / 60 }
}

export function referenceUsage(person, variant, { files = FILES } = {}) {
  const it = awakeOf(person, variant)
  const launches = it.users * it.sessions * DAYS
  const said = it.users * it.messages * DAYS
  const awakeMinutes = it.users * it.awakeHours * DAYS * 60
  const pings = (it.users * it.pageHours * DAYS * 3600) / PING_SECONDS
  const looks = (DAYS * 24 * 60) / WATCHDOG_MINUTES
  const invocations = launches * 2 + said + pings + looks
  const backups = awakeMinutes / BACKUP_MINUTES + launches
  return [
    ...machines(it),
    { price: 'ecr', quantity: it.imageGb * it.images, what: 'images' },
    { price: 'wsMessage', quantity: said * (1 + it.answerWords + OTHER_POSTS) + pings, what: 'messages, one for each token, and pings' },
    { price: 'wsMinute', quantity: it.users * it.pageHours * DAYS * 60, what: 'pages' },
    { price: 'lambdaRequest', quantity: invocations, what: 'invocations' },
    { price: 'lambdaGbSecond', quantity: invocations * LAMBDA_GB_SECONDS, what: 'their time' },
    ...tables(it, { said, launches, looks }),
    { price: 's3Put', quantity: backups * files + launches, what: 'every file, every five minutes' },
    { price: 's3Get', quantity: launches * files, what: 'restores' },
    { price: 's3Gb', quantity: it.users * it.snapshotGb, what: 'workspaces' },
    { price: 'kmsRequest', quantity: launches * 5, what: 'five parameters' },
    { price: 'logGb', quantity: (invocations * LAMBDA_LOG_BYTES) / GB, what: 'logs' },
    { price: 'metricMonth', quantity: METRIC_SERIES * (it.users === 1 ? (it.sessions * 2) / 24 : 1), what: 'metrics' },
    { price: 'metricCall', quantity: said * 3 + awakeMinutes / WATCHDOG_MINUTES, what: 'put and read by call' },
    { price: 'dashboard', quantity: 1, what: 'dashboards' },
    { price: 'cognitoUser', quantity: it.users, what: 'people who sign in' },
    { price: 'outGb', quantity: (said * it.contextKb * 1000) / GB, what: 'what goes to the model' },
  ]
}

/** A message reads its connection and the task, and writes two rows; its watchdog scans all tasks. */
function tables({ users, rowsGb }, { said, launches, looks }) {
  const scan = Math.max(0.5, (users * STATE_ROW_BYTES) / 4096 / 2)
  return [
    { price: 'dynamoRead', quantity: said * 1 + launches * 2 + looks * scan, what: 'reads, and scans of all tasks' },
    { price: 'dynamoWrite', quantity: said * 2 + launches * 8, what: 'writes' },
    { price: 'dynamoGb', quantity: users * rowsGb, what: 'rows' },
    { price: 'dynamoPitrGb', quantity: users * rowsGb, what: 'point-in-time recovery' },
  ]
}
