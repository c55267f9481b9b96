import { expect, test } from 'vitest'
import type { ScheduleRecurrence } from '../../../protocol'
import { schedules as en } from '../../../text/pages/en/schedules'
import { schedules as ko } from '../../../text/pages/ko/schedules'
import { describer } from './describe'
import { DAYS } from './found'
import { understand } from './words'

const NOW = Date.UTC(2026, 11, 1, 1, 20)

const times = ['00:00', '00:30', '08:00', '12:00', '17:45']
const weeks = Array.from({ length: 127 }, (_, bits) => DAYS.filter((_day, at) => ((bits + 1) >> at) & 1))
const dates = ['2026-12-24', '2027-02-28', '2028-02-29', '2031-05-05']

const at = (time: string): ScheduleRecurrence[] => {
  const weekly = weeks.filter((days) => days.length < 7).map((days): ScheduleRecurrence => ({ kind: 'weekly', days, time }))
  const monthly = Array.from({ length: 28 }, (_, before): ScheduleRecurrence => ({ kind: 'monthly', day: before + 1, time }))
  const once = dates.map((day): ScheduleRecurrence => ({ kind: 'once', at: `${day}T${time}` }))
  return [{ kind: 'daily', time }, ...weekly, ...monthly, ...once]
}
const all = times.flatMap(at)

test.each([
  ['en-US', en.says],
  ['en-GB', en.says],
  ['ko-KR', ko.says],
] as const)('whatever is said of a schedule in %s is understood as that schedule', (locale, says) => {
  const { describe } = describer(says, locale)
  const misunderstood = all.filter((recurrence) => {
    const understood = understand(describe(recurrence), NOW, 'Asia/Seoul')
    return !('recurrence' in understood) || inOrder(understood.recurrence) !== inOrder(recurrence)
  })
  expect(misunderstood.slice(0, 5).map(describe)).toEqual([])
})

const inOrder = (one: ScheduleRecurrence): string => JSON.stringify(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))

test('the examples of the page are understood, and so is what its hints say', () => {
  const said = [...en.examples, ...ko.examples].map(({ when }) => when)
  const hinted = [en.form.wordsHint, ko.form.wordsHint].flatMap((hint) => [...hint.matchAll(/“([^”]+)”/g)].map(([, words = '']) => words))
  expect(hinted).toHaveLength(6)
  expect([...said, ...hinted].filter((words) => 'lack' in understand(words, NOW, 'Asia/Seoul'))).toEqual([])
})
