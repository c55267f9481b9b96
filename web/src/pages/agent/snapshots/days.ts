/** Snapshots by the day on which they were taken, where their reader is. */
import type { SnapshotSummary } from '../../../protocol'
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'

export interface Day {
  label: string
  snapshots: SnapshotSummary[]
}

const sameYear = new Intl.DateTimeFormat(locale, { weekday: 'long', month: 'long', day: 'numeric' })
const anotherYear = new Intl.DateTimeFormat(locale, { dateStyle: 'full' })

/** They come newest first, and stay so. */
export function byDay(snapshots: readonly SnapshotSummary[], now: number): Day[] {
  const days: Day[] = []
  for (const snapshot of snapshots) {
    const label = dayLabel(snapshot.at, now)
    const last = days.at(-1)
    if (last?.label === label) last.snapshots.push(snapshot)
    else days.push({ label, snapshots: [snapshot] })
  }
  return days
}

function dayLabel(at: number, now: number): string {
  const day = new Date(at)
  const today = new Date(now)
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)
  if (day.toDateString() === today.toDateString()) return words.snapshots.list.today
  if (day.toDateString() === yesterday.toDateString()) return words.snapshots.list.yesterday
  return (day.getFullYear() === today.getFullYear() ? sameYear : anotherYear).format(day)
}
