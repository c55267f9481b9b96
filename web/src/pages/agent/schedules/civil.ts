/** Days and minutes on the clock of a time zone. A day is counted from the epoch, so that it can be reckoned with. */

const DAY = 86_400_000

export interface Civil {
  day: number
  /** Of the day, from 0. */
  minute: number
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Kept: making one takes longer than all that is done with it. */
function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  clocks.set(zone, made)
  return made
}

export function civilAt(at: number, zone: string): Civil {
  const parts = Object.fromEntries(clockOf(zone).formatToParts(at).map(({ type, value }) => [type, Number(value)])) as Record<string, number>
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts
  return { day: Date.UTC(year, month - 1, day) / DAY, minute: hour * 60 + minute }
}

/** Null: there is no such day. */
export function dayOf(year: number, month: number, date: number): number | null {
  const day = Date.UTC(year, month - 1, date) / DAY
  const { month: itsMonth, date: itsDate } = partsOf(day)
  return itsMonth === month && itsDate === date ? day : null
}

export function partsOf(day: number): { year: number; month: number; date: number } {
  const at = new Date(day * DAY)
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate() }
}

/** Monday is 0. The epoch began on a Thursday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7

export const isoDay = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

/** `08:00` */
export const wallTime = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
