/** How large a task is, and what it runs on. */
import type { Reader} from './read.ts';
import { refuse } from './read.ts'

/** CPU units; the memory they go with, from, to and in steps of, in MiB. The same table as in crates/platform-aws/src/config.rs. */
const FARGATE_SIZES: ReadonlyMap<number, readonly [from: number, to: number, step: number]> = new Map([
  [256, [512, 2_048, 512]],
  [512, [1_024, 4_096, 1_024]],
  [1_024, [2_048, 8_192, 1_024]],
  [2_048, [4_096, 16_384, 1_024]],
  [4_096, [8_192, 30_720, 1_024]],
  [8_192, [16_384, 61_440, 4_096]],
  [16_384, [32_768, 122_880, 8_192]],
])

export interface TaskOptions {
  readonly cpu: number
  readonly memory: number
  readonly capacity: 'spot' | 'spot-then-on-demand'
  readonly idleSeconds: number
  readonly idleMaxSeconds: number
  readonly timeZone: string
  /** US dollars a month for each user's agent. */
  readonly spendCap: string | undefined
}

export function readTask(read: Reader): TaskOptions {
  const cpu = Number(read.oneOf('taskCpu', [...FARGATE_SIZES.keys()].map(String), '512'))
  const [from, to, step] = FARGATE_SIZES.get(cpu)!
  const memory = read.number('taskMemory', 1, 122_880, Math.max(from, cpu === 512 ? 2_048 : from))
  const fits = memory >= from && memory <= to && memory % step === 0 && !(cpu === 256 && memory === 1_536)
  if (!fits) refuse('taskMemory', memory, memories(cpu))
  const idleSeconds = read.number('idleSeconds', 60, 86_400, 300)
  const idleMaxSeconds = read.number('idleMaxSeconds', 60, 86_400, Math.max(1_200, idleSeconds))
  if (idleMaxSeconds < idleSeconds) refuse('idleMaxSeconds', idleMaxSeconds, `at least idleSeconds, ${idleSeconds}`)
  return {
    cpu,
    memory,
    capacity: read.oneOf('capacity', ['spot', 'spot-then-on-demand'], 'spot-then-on-demand'),
    idleSeconds,
    idleMaxSeconds,
    timeZone: timeZone(read, 'timeZone'),
    spendCap: read.text('spendCapDollars', /^\d{1,5}(\.\d{1,2})?$/, 'US dollars from 0 to 10000 with two decimals at most'),
  }
}

function memories(cpu: number): string {
  const [from, to, step] = FARGATE_SIZES.get(cpu)!
  const range = cpu === 256 ? '512, 1024 or 2048' : `from ${from} to ${to} in steps of ${step}`
  return `${range}, which is what Fargate has with taskCpu ${cpu}`
}

export function timeZone(read: Reader, option: string): string {
  const allowed = 'a name of the IANA time zone database, such as Asia/Seoul'
  const name = read.text(option, /^[A-Za-z0-9_+\-/]{1,64}$/, allowed)
  if (name === undefined) return 'UTC'
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    refuse(option, name, allowed)
  }
  return name
}

export interface PrewarmOptions {
  /** 0: no spares, and nothing that looks for them. */
  readonly spares: number
  readonly windows: string
  readonly timeZone: string
  readonly minutes: number
}

const WINDOW = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))? ([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/

export function readPrewarm(read: Reader): PrewarmOptions {
  const allowed = 'windows such as "Mon-Fri 08:00-18:00; Sat 10:00-14:00"'
  const windows = read.text('prewarmWindows', /^.{1,400}$/, allowed) ?? ''
  const odd = windows.split(';').find((one) => windows !== '' && !WINDOW.test(one.trim()))
  if (odd !== undefined) refuse('prewarmWindows', windows, allowed)
  return {
    spares: read.number('prewarmSpares', 0, 100, 0),
    windows,
    timeZone: timeZone(read, 'prewarmTimeZone'),
    minutes: read.number('prewarmSpareMinutes', 10, 1_440, 60),
  }
}
