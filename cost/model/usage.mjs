// What we use in a month: how often each thing happens, times what was measured of it.
import { machines } from './machines.mjs'
import { DAYS } from './profiles.mjs'

const GB = 1e9
/** Both ends ping every five minutes: web/src/chat/socket.ts, crates/bridge/src/nudges.rs. */
export const PING_MINUTES = 5
export const SNAPSHOT_MINUTES = 5
/** 24 hourly, 7 daily, 4 weekly: docs/snapshots.md. */
const SNAPSHOTS_KEPT = 35
/** Non-current versions stay for some weeks: docs/operating.md. */
const WITH_OLD_VERSIONS = 1.3
/** infra/lib/api/functions.ts. */
const LAMBDA_GB = 0.25
const API_GB = 0.5
const LAMBDA_SECONDS = 0.1
/** What Lambda notes of a call, what API Gateway notes of it, and a line of ours. */
const LAMBDA_LOG_BYTES = 1_400
/** DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED; of its beginning the watchdog is not told: infra/lib/api/events.ts. */
const TASK_EVENTS = 4
/** Of a start: the snapshots' key, and two parameters, each by its key. */
const KEY_CALLS = 3
/** crates/platform/src/metrics.rs. */
export const METRICS = 28
/** infra/lib/monitoring: five metrics, and one sum over the queues of what failed, each of which counts. */
const ALARMS = { none: 0, alarms: 8, full: 8 }
/** It shows more than the 50 metrics that a free one may have. */
const DASHBOARDS = { none: 0, alarms: 0, full: 1 }

/** Words of the two answers that were measured; what lies between them, or a little beyond, is both in part. */
const LONG = 400
const SHORT = 100
const shareOfLong = ({ answerWords }) => (answerWords - SHORT) / (LONG - SHORT)

/** How often each measured scenario happens in a month. */
export function occurrences(profile) {
  const { users, sessions, messages, telegramShare, awakeHours, watchdogEveryMinutes } = profile
  const long = shareOfLong(profile)
  const launches = users * sessions * DAYS
  const later = users * messages * DAYS - launches
  return {
    pageOpen: launches,
    wakeUp: launches,
    warmMessage: later * (1 - telegramShare) * long,
    shortMessage: later * (1 - telegramShare) * (1 - long),
    telegramMessage: later * telegramShare,
    // The gateway writes to its database when nobody talks, too, so there is always something to save.
    snapshot: (users * awakeHours * 60 * DAYS) / SNAPSHOT_MINUTES,
    idleMinute: users * awakeHours * 60 * DAYS,
    stop: launches,
    pageClose: launches,
    watchdogSweep: (DAYS * 24 * 60) / watchdogEveryMinutes,
  }
}

export function usage(profile, { scenarios }) {
  const often = occurrences(profile)
  const total = (pick) => Object.entries(often).reduce((sum, [name, times]) => sum + times * of(name, pick, scenarios), 0)
  return [
    ...machines(profile),
    ...registry(profile),
    ...webSocket(profile, often, total),
    ...functions(profile, often, total),
    ...tables(profile, total),
    ...bucket(profile, often, total, scenarios),
    ...keys(profile, often),
    ...watching(profile, often, total, scenarios),
    ...web(profile, total),
  ]
}

/** The watchdog looks for everybody at once: its look is not each running task's. */
function of(name, pick, scenarios) {
  const one = pick(scenarios[name]) ?? 0
  return name === 'idleMinute' ? Math.max(0, one - (pick(scenarios.watchdogSweep) ?? 0)) : one
}

const registry = ({ imageGb, images }) => [{ price: 'ecr', quantity: imageGb * images, what: 'images' }]

const pingsOf = ({ users, awakeHours, pageHours }) => (users * (awakeHours + pageHours) * DAYS * 60) / PING_MINUTES

function webSocket(profile, often, total) {
  const { users, awakeHours, pageHours } = profile
  const posted = total(({ calls }) => calls['execute-api:PostToConnection'])
  const received = total(({ page }) => page?.messagesIn)
  return [
    // A ping is answered.
    { price: 'wsMessage', quantity: posted + received + pingsOf(profile) * 2, what: 'messages and pings' },
    { price: 'wsMinute', quantity: users * (awakeHours + pageHours) * DAYS * 60, what: 'pages and bridges' },
  ]
}

export function invocations(profile, often, total) {
  const http = total(({ page }) => page?.apiRequests)
  const sockets = total(({ page }) => page?.sockets) + often.wakeUp
  const frames = total(({ page }) => page?.messagesIn) + pingsOf(profile)
  return { http, all: http + often.telegramMessage + sockets * 2 + frames + often.watchdogSweep + often.wakeUp * TASK_EVENTS }
}

function functions(profile, often, total) {
  const { http, all } = invocations(profile, often, total)
  return [
    { price: 'httpRequest', quantity: http + often.telegramMessage, what: 'HTTP API' },
    { price: 'lambdaRequest', quantity: all, what: 'invocations' },
    { price: 'lambdaGbSecond', quantity: (http * API_GB + (all - http) * LAMBDA_GB) * LAMBDA_SECONDS, what: 'their time' },
    { price: 'schedulerCall', quantity: often.watchdogSweep, what: 'the watchdog' },
  ]
}

function tables({ users, rowsGb }, total) {
  return [
    { price: 'dynamoRead', quantity: total(({ units }) => units.read), what: 'reads' },
    { price: 'dynamoWrite', quantity: total(({ units }) => units.write + units.indexWrite), what: 'writes' },
    { price: 'dynamoGb', quantity: users * rowsGb, what: 'rows' },
    { price: 'dynamoPitrGb', quantity: users * rowsGb, what: 'point-in-time recovery' },
  ]
}

function bucket({ users, snapshotGb }, often, total, scenarios) {
  const count = (names) => total(({ calls }) => names.reduce((sum, name) => sum + (calls[`s3:${name}`] ?? 0), 0))
  // Of the last one, which has a session's talk in it.
  const growth = (scenarios.stop.bytes.bucket * SNAPSHOTS_KEPT) / GB
  return [
    { price: 's3Put', quantity: count(['PutObject', 'ListObjectsV2', 'PostObject', 'CopyObject']), what: 'PUT and LIST' },
    { price: 's3Get', quantity: count(['GetObject', 'HeadObject']), what: 'GET' },
    { price: 's3Gb', quantity: users * (snapshotGb + growth) * WITH_OLD_VERSIONS, what: 'snapshots with old versions' },
  ]
}

function keys({ snapshotKey }, { wakeUp }) {
  return [
    { price: 'kmsKey', quantity: snapshotKey === 'kms' ? 1 : 0, what: 'the key of the snapshots' },
    { price: 'kmsRequest', quantity: wakeUp * KEY_CALLS, what: 'uses of keys' },
  ]
}

function watching(profile, often, total, scenarios) {
  const { users, monitoring, logDays, sessions } = profile
  const written = total(({ bytes }) => bytes?.taskLog) + invocations(profile, often, total).all * LAMBDA_LOG_BYTES
  // A session touches two hours of the clock.
  const hoursADay = users === 1 ? Math.min(24, sessions * 2) : 24
  return [
    { price: 'logGb', quantity: written / GB, what: 'logs' },
    { price: 'logGbMonth', quantity: (written / GB) * (logDays / DAYS), what: 'logs kept' },
    { price: 'metricMonth', quantity: METRICS * (hoursADay / 24), what: 'metrics, by hours with data' },
    { price: 'alarm', quantity: ALARMS[monitoring], what: 'alarms' },
    { price: 'largeDashboard', quantity: DASHBOARDS[monitoring], what: 'dashboards' },
  ]
}

function web({ users, messages, contextKb }, total) {
  // The HTTP API is reached under the page's own address: infra/lib/web/page.ts.
  const requests = total(({ page }) => page && page.pageRequests + page.apiRequests)
  return [
    { price: 'cdnRequest', quantity: requests, what: 'files of the page, HTTP API' },
    { price: 'cdnFunction', quantity: requests, what: 'their addresses are rewritten' },
    { price: 'cdnGb', quantity: (users * PAGE_BYTES) / GB, what: 'the page, once a month' },
    { price: 'cognitoUser', quantity: users, what: 'people who sign in' },
    { price: 'outGb', quantity: (users * messages * DAYS * contextKb * 1000) / GB, what: 'what goes to the model' },
  ]
}

/** All of web/dist, compressed: the service worker fetches it ahead. */
const PAGE_BYTES = 600_000
