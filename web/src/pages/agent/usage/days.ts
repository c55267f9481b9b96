/** Days of the usage report. They are UTC's, as AWS bills by them. */
import type { UsageDay, UsageTotals } from '../../../protocol'
import { locale } from '../../../text/language'

const DAY_MS = 24 * 60 * 60 * 1000

/** How long the server keeps them. */
const KEPT_DAYS = 400

export interface Span {
  from: string
  to: string
}

/** Seven, thirty or ninety days until today, or a month as `2026-11`. */
export type Range = number | string

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`)

export const today = (now: number): string => dayOf(now)
export const monthOf = (day: string): string => day.slice(0, 7)

/** Never later than today: what is still to come is no day without use. */
export function spanOf(range: Range, now: number): Span {
  const last = today(now)
  if (typeof range === 'number') return { from: dayOf(startOf(last) - (range - 1) * DAY_MS), to: last }
  const [year = 0, month = 1] = range.split('-').map(Number)
  const end = dayOf(Date.UTC(year, month, 0))
  return { from: `${range}-01`, to: end < last ? end : last }
}

/** The months of which all days, or those until today, are kept; the newest first. */
export function monthsKept(now: number): string[] {
  const earliest = dayOf(startOf(today(now)) - (KEPT_DAYS - 1) * DAY_MS)
  const date = new Date(now)
  const months: string[] = []
  for (let back = 0; ; back += 1) {
    const month = monthOf(dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back, 1)))
    if (`${month}-01` < earliest) return months
    months.push(month)
  }
}

/** Every day of the span, also those on which there was nothing. */
export function everyDay({ from, to }: Span, days: readonly UsageDay[]): UsageDay[] {
  const known = new Map(days.map(({ day, totals }) => [day, totals]))
  const every: UsageDay[] = []
  for (let at = startOf(from); at <= startOf(to); at += DAY_MS) {
    const day = dayOf(at)
    every.push({ day, totals: known.get(day) ?? NOTHING })
  }
  return every
}

export const NOTHING: UsageTotals = {
  messages: { web: 0, telegram: 0, schedule: 0 },
  replies: { complete: 0, cancelled: 0, truncated: 0, failed: 0 },
  inputTokens: 0,
  outputTokens: 0,
  wakes: 0,
  awakeSeconds: { spot: 0, onDemand: 0 },
  modelUsd: 0,
  unpricedReplies: 0,
}

const short = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' })
const long = new Intl.DateTimeFormat(locale, { weekday: 'short', month: 'short', day: 'numeric', timeZone: 'UTC' })
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })
const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' })

export const shortDay = (day: string): string => short.format(startOf(day))
export const longDay = (day: string): string => long.format(startOf(day))
export const wholeDay = (day: string | number): string => whole.format(typeof day === 'number' ? day : startOf(day))
export const monthName = (of: string): string => month.format(startOf(`${of}-01`))
