/** What was found in a sentence about times, and what it comes to. */
import type { ScheduleRecurrence } from '../../../protocol'
import { type Civil, civilAt, dayOf, isoDay, partsOf, wallTime, weekdayOf } from './civil'

/** A part of the day that was named beside an hour. */
export type Half = 'am' | 'pm' | 'noonish' | 'night'

export interface Hour {
  hour: number
  minute: number
  /** Written as clocks show it, `05:30`: nobody means the afternoon. */
  exact: boolean
}

export interface Found {
  hours: Hour[]
  halves: Half[]
  midnight: boolean
  /** It was said to be again and again, without how. */
  every: boolean
  rhythms: Set<'daily' | 'weekly' | 'monthly'>
  weekdays: Set<number>
  weeksOn: number | null
  monthsOn: number | null
  monthDays: Set<number>
  dates: { year: number | null; month: number; date: number }[]
  daysOn: number | null
  minutesOn: number | null
  beyond: Beyond | null
}

/** What people want of clocks and no schedule has. */
export type Beyond = 'often' | 'rare' | 'last' | 'nth' | 'times' | 'gaps'
export type Lack = Beyond | 'nothing' | 'day' | 'time' | 'weekday' | 'monthDay' | 'oneDay' | 'past' | 'noSuchTime' | 'noSuchDay' | 'unclear'

export type Outcome =
  /** `guessed`: an hour such as 2 was taken for the one at night. */
  | { recurrence: ScheduleRecurrence; guessed: boolean }
  | { lack: Lack }

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

export const nothingYet = (): Found => ({
  hours: [],
  halves: [],
  midnight: false,
  every: false,
  rhythms: new Set(),
  weekdays: new Set(),
  weeksOn: null,
  monthsOn: null,
  monthDays: new Set(),
  dates: [],
  daysOn: null,
  minutesOn: null,
  beyond: null,
})

const lack = (what: Lack): Outcome => ({ lack: what })

export function decide(found: Found, now: number, zone: string): Outcome {
  if (found.beyond) return lack(found.beyond)
  const time = timeOf(found)
  if (typeof time === 'string') return lack(time)
  const kinds = kindsOf(found)
  if (kinds.length > 1) return lack('unclear')
  const [kind] = kinds
  if (kind === undefined) return lack(time === null && !found.every && found.halves.length === 0 ? 'nothing' : 'day')
  if (kind === 'later') return later(found, time, now, zone)
  if (kind === 'once') return once(found, time, now, zone)
  return again(kind, found, time)
}

interface Time {
  /** 1,440 is midnight at the end of the day. */
  minute: number
  guessed: boolean
}

/** Null: none was said. */
function timeOf({ hours, halves, midnight, daysOn }: Found): Time | null | 'times' | 'noSuchTime' {
  const all = hours.map((hour) => minuteOf(hour, halves))
  if (midnight) all.push(daysOn === 0 || halves.includes('night') ? 1440 : 0)
  if (all.includes(null)) return 'noSuchTime'
  const [minute, ...others] = new Set(all)
  if (minute === undefined || minute === null) return null
  if (others.length > 0) return 'times'
  const guessed = halves.length === 0 && hours.some(({ hour, exact }) => !exact && hour >= 1 && hour <= 6)
  return { minute, guessed }
}

function minuteOf({ hour, minute }: Hour, halves: Half[]): number | null {
  if (hour > 24 || minute > 59 || (hour === 24 && minute > 0)) return null
  const [first = hour, ...others] = new Set(halves.map((half) => within(hour, half)))
  return first === null || others.length > 0 ? null : first * 60 + minute
}

/** The hour of the day's 24. Null: that part of the day has no such hour. */
function within(hour: number, half: Half): number | null {
  if (half === 'am') return hour === 12 ? 0 : hour < 12 ? hour : null
  if (half === 'noonish') return hour < 8 ? hour + 12 : hour < 18 ? hour : null
  if (hour > 12 || hour === 0) return half === 'night' || hour >= 12 ? hour : null
  if (half === 'pm') return hour === 12 ? 12 : hour + 12
  return hour === 12 ? 24 : hour >= 6 ? hour + 12 : hour
}

type Kind = 'later' | 'once' | 'daily' | 'weekly' | 'monthly'

function kindsOf(found: Found): Kind[] {
  const { every, rhythms, weekdays, weeksOn, monthsOn, monthDays, dates, daysOn, minutesOn } = found
  const isDated = daysOn !== null || dates.length > 0 || weeksOn !== null || monthsOn !== null
  const kinds = new Set<Kind>(rhythms)
  if (minutesOn !== null) kinds.add('later')
  if (isDated) kinds.add('once')
  if (weekdays.size > 0 && !isDated && !kinds.has('weekly')) kinds.add(every || weekdays.size > 1 ? 'weekly' : 'once')
  if (monthDays.size > 0 && !isDated && !kinds.has('monthly')) kinds.add(every ? 'monthly' : 'once')
  // A monthly weekday, a weekly date: neither exists.
  if (weekdays.size > 0 && kinds.has('monthly')) kinds.add('weekly')
  if (monthDays.size > 0 && kinds.has('weekly')) kinds.add('monthly')
  if (every && isDated) kinds.add('daily')
  return [...kinds]
}

function later({ minutesOn }: Found, time: Time | null, now: number, zone: string): Outcome {
  if (time !== null) return lack('unclear')
  // The minute that has begun is over.
  const { day, minute } = civilAt(now + (minutesOn ?? 0) * 60_000 + 59_999, zone)
  return { recurrence: { kind: 'once', at: `${isoDay(day)}T${wallTime(minute)}` }, guessed: false }
}

function once(found: Found, time: Time | null, now: number, zone: string): Outcome {
  const today = civilAt(now, zone)
  const day = dayIn(found, time, today)
  if (typeof day === 'string') return lack(day)
  if (time === null) return lack('time')
  const at = day * 1440 + time.minute
  if (at <= today.day * 1440 + today.minute) return lack('past')
  const onDay = Math.floor(at / 1440)
  return { recurrence: { kind: 'once', at: `${isoDay(onDay)}T${wallTime(at % 1440)}` }, guessed: time.guessed }
}

/** The one day that is meant; the next one, where several could be. */
function dayIn({ daysOn, dates, weekdays, weeksOn, monthsOn, monthDays }: Found, time: Time | null, today: Civil): number | Lack {
  const isOver = (day: number) => day < today.day || (day === today.day && time !== null && time.minute <= today.minute)
  const days: (number | null)[] = []
  if (daysOn !== null) days.push(today.day + daysOn)
  for (const { year, month, date } of dates) days.push(dateIn(year, month, date, today, isOver))
  const { year, month } = partsOf(today.day)
  for (const date of monthDays) {
    if (monthsOn !== null) days.push(dayOf(...monthOn(year, month, monthsOn), date))
    else days.push([0, 1, 2].map((on) => dayOf(...monthOn(year, month, on), date)).find((day) => day !== null && !isOver(day)) ?? null)
  }
  if (days.length === 0 && monthsOn !== null) return 'monthDay'
  const monday = today.day - weekdayOf(today.day)
  const [only] = days
  for (const weekday of weekdays) {
    // Beside a date a weekday only says it again.
    if (only !== undefined && only !== null && weeksOn === null) {
      if (weekdayOf(only) !== weekday) return 'unclear'
      continue
    }
    const inThisWeek = monday + weekday
    days.push(weeksOn === null ? inThisWeek + (isOver(inThisWeek) ? 7 : 0) : inThisWeek + 7 * weeksOn)
  }
  if (days.length === 0) return 'weekday'
  if (days.includes(null)) return 'noSuchDay'
  const [day, ...others] = new Set(days)
  return day === undefined || day === null ? 'noSuchDay' : others.length > 0 ? 'oneDay' : day
}

/** Without a year it is the next one that has the day. A 29 February is at most eight years away. */
function dateIn(year: number | null, month: number, date: number, today: Civil, isOver: (day: number) => boolean): number | null {
  if (year !== null) return dayOf(year, month, date)
  const { year: thisYear } = partsOf(today.day)
  const years = Array.from({ length: 9 }, (_, on) => dayOf(thisYear + on, month, date))
  return years.find((day) => day !== null && !isOver(day)) ?? null
}

function monthOn(year: number, month: number, on: number): [number, number] {
  const months = year * 12 + month - 1 + on
  return [Math.floor(months / 12), (months % 12) + 1]
}

function again(kind: 'daily' | 'weekly' | 'monthly', { weekdays, monthDays }: Found, time: Time | null): Outcome {
  if (kind === 'weekly' && weekdays.size === 0) return lack('weekday')
  if (kind === 'monthly' && monthDays.size === 0) return lack('monthDay')
  if (monthDays.size > 1) return lack('oneDay')
  const [day = 1] = monthDays
  if (kind === 'monthly' && (day < 1 || day > 31)) return lack('noSuchDay')
  if (time === null) return lack('time')
  // What is at the end of a day begins the next one.
  const on = Math.floor(time.minute / 1440)
  const clock = wallTime(time.minute % 1440)
  const { guessed } = time
  if (kind === 'daily') return { recurrence: { kind, time: clock }, guessed }
  if (kind === 'weekly') return { recurrence: { kind, days: DAYS.filter((_, at) => weekdays.has((at - on + 7) % 7)), time: clock }, guessed }
  if (day + on > 28 && on > 0) return lack('unclear')
  return { recurrence: { kind, day: day + on, time: clock }, guessed }
}
