/** A schedule that is being written: each control keeps what was put into it, also while it does not count. */
import { text } from '../../../text'
import type { PostSchedule, ScheduleRecurrence, ScheduleSummary } from '../../../protocol'
import { civilAt, isoDay } from './civil'
import { DAYS, type Day } from './found'

export const PROMPT_BYTES = 8192
export const SCHEDULES = 50

export interface Draft {
  prompt: string
  words: string
  kind: ScheduleRecurrence['kind']
  days: readonly Day[]
  date: string
  time: string
  day: string
  zone: string
  /** Null: a new one of its own. */
  conversation: string | null
  missed: 'catchUp' | 'skip'
}

export function newDraft(now: number, zone: string): Draft {
  const tomorrow = isoDay(civilAt(now, zone).day + 1)
  const days = DAYS.slice(0, 5)
  return { prompt: '', words: '', kind: 'weekly', days, date: tomorrow, time: '08:00', day: '1', zone, conversation: null, missed: 'catchUp' }
}

export function draftOf(schedule: ScheduleSummary, now: number): Draft {
  const { prompt, recurrence, timeZone: zone, conversationId: conversation, missed } = schedule
  return withRecurrence({ ...newDraft(now, zone), prompt, conversation, missed }, recurrence)
}

/** What was understood, in the controls. */
export function withRecurrence(draft: Draft, one: ScheduleRecurrence): Draft {
  const { kind } = one
  if (kind === 'once') return { ...draft, kind, date: one.at.slice(0, 10), time: one.at.slice(11) }
  if (kind === 'weekly') return { ...draft, kind, days: one.days, time: one.time }
  if (kind === 'monthly') return { ...draft, kind, day: String(one.day), time: one.time }
  return { ...draft, kind, time: one.time }
}

export type Missing = 'noDays' | 'noDate' | 'noTime' | 'noDay'

export function recurrenceOf({ kind, days, date, time, day }: Draft): ScheduleRecurrence | Missing {
  if (kind === 'once' && !/^\d{4}-\d{2}-\d{2}$/.test(date)) return 'noDate'
  if (!/^\d{2}:\d{2}$/.test(time)) return 'noTime'
  if (kind === 'once') return { kind, at: `${date}T${time}` }
  if (kind === 'daily') return { kind, time }
  if (kind === 'weekly') return days.length === 0 ? 'noDays' : { kind, days: DAYS.filter((one) => days.includes(one)), time }
  const number = Number(day)
  return Number.isInteger(number) && number >= 1 && number <= 31 ? { kind, day: number, time } : 'noDay'
}

export const bytesOf = (prompt: string): number => new TextEncoder().encode(prompt).length

/** What the server is told of it, but for its id and its place. */
export const bodyOf = ({ prompt, zone, missed }: Draft, recurrence: ScheduleRecurrence): Pick<PostSchedule, 'prompt' | 'recurrence' | 'timeZone' | 'missed'> => ({
  prompt: prompt.trim(),
  recurrence,
  timeZone: zone,
  missed,
})

/** Its first line, for the conversation that is made for it. */
export function titleOf(prompt: string): string {
  const [line = ''] = prompt.trim().split('\n')
  const letters = [...line]
  return letters.length > 60 ? `${letters.slice(0, 59).join('').trimEnd()}…` : line || text.nav.untitled
}
