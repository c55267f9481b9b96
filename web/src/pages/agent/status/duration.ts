/** How long something took, as the reader's language writes it. */
import { locale } from '../../../text/language'

const inUnits = (unit: string) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' })
const seconds = inUnits('second')
const minutes = inUnits('minute')
const hours = inUnits('hour')

/** Two units at most: nobody asks for the seconds of an hour. */
export function duration(total: number): string {
  const whole = Math.max(0, Math.round(total))
  if (whole < 60) return seconds.format(whole)
  if (whole < 600 && whole % 60 !== 0) return `${minutes.format(Math.floor(whole / 60))} ${seconds.format(whole % 60)}`
  const inMinutes = Math.round(whole / 60)
  if (inMinutes < 60) return minutes.format(inMinutes)
  const rest = inMinutes % 60
  const inHours = hours.format(Math.floor(inMinutes / 60))
  return rest === 0 ? inHours : `${inHours} ${minutes.format(rest)}`
}

export function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  if (upper === undefined) return null
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
