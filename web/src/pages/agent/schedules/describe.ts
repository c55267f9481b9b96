/** A schedule in the reader's words. The server says it as well, in English only. */
import type { ScheduleRecurrence } from '../../../protocol'
import type { PagesText } from '../../../text/pages'
import { DAYS, type Day } from './found'

const WORKDAYS = 'mon,tue,wed,thu,fri'
/** A week that begins on a Monday, to have the days' names from. */
const MONDAY = Date.UTC(2024, 0, 1)

export function describer(says: PagesText['schedules']['says'], locale: string) {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
  const clock = format({ hour: 'numeric', minute: '2-digit' })
  const dates = format({ dateStyle: 'full' })
  const [long, short] = [format({ weekday: 'long' }), format({ weekday: 'short' })]
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' })
  const at = (time: string) => clock.format(new Date(`2024-01-01T${time}Z`))
  const day = (one: Day, names = long) => names.format(MONDAY + DAYS.indexOf(one) * 86_400_000)

  function describe(one: ScheduleRecurrence): string {
    if (one.kind === 'once') return says.once(dates.format(new Date(`${one.at}Z`)), at(one.at.slice(11)))
    const time = at(one.time)
    if (one.kind === 'monthly') return one.day > 28 ? says.monthlyIfAny(one.day, time) : says.monthly(one.day, time)
    if (one.kind === 'daily' || one.days.length === DAYS.length) return says.daily(time)
    const days = DAYS.filter((other) => one.days.includes(other))
    return days.join() === WORKDAYS ? says.weekdays(time) : says.weekly(lists.format(days.map((other) => day(other))), time)
  }

  return { describe, dayName: (one: Day) => day(one), shortDay: (one: Day) => day(one, short) }
}
