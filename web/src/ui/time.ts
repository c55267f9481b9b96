/** Times as the reader's language writes them. */
import { locale } from '../text/language'

const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' })
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })

export const clockTime = (at: number): string => clock.format(at)

export const fullTime = (at: number): string => full.format(at)

export function shortDate(at: number, now = Date.now()): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString()
  return (sameDay ? clock : day).format(at)
}
