/** Schedules and their times as this page says them. */
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { describer } from './describe'

const { item, says } = words.schedules

export const { describe, dayName, shortDay } = describer(says, locale)

export const readersZone = new Intl.DateTimeFormat().resolvedOptions().timeZone

const formats = new Map<string, Intl.DateTimeFormat>()

/** The year only where it is not this one. */
function formatIn(zone: string, at: number): Intl.DateTimeFormat {
  const isThisYear = new Date(at).getFullYear() === new Date().getFullYear()
  const key = `${zone} ${isThisYear}`
  const known = formats.get(key)
  if (known) return known
  const made = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    ...(!isThisYear && { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: zone,
  })
  formats.set(key, made)
  return made
}

export const zoneName = (zone: string): string => zone.replaceAll('_', ' ')

/** On the schedule's clock, and on the reader's where that is another one. */
export function runTime(at: number, zone: string): { at: string; yours: string | null } {
  const there = formatIn(zone, at).format(at)
  const here = formatIn(readersZone, at).format(at)
  if (there === here) return { at: there, yours: null }
  return { at: item.zoned(there, zoneName(zone)), yours: item.yours(here) }
}
