/** Schedules and their times as this page says them. */
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { describer } from './describe'

const { item, says } = words.schedules

export const { describe, dayName, shortDay } = describer(says, locale)

export const readersZone = new Intl.DateTimeFormat().resolvedOptions().timeZone

const formats = new Map<string, Intl.DateTimeFormat>()

function formatIn(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: zone,
  })
  formats.set(zone, made)
  return made
}

/** On the schedule's clock, and on the reader's where that is another one. */
export function runTime(at: number, zone: string): { at: string; yours: string | null } {
  const there = formatIn(zone).format(at)
  const here = formatIn(readersZone).format(at)
  if (there === here) return { at: there, yours: null }
  return { at: item.zoned(there, zone), yours: item.yours(here) }
}
