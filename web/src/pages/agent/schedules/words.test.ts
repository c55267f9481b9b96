import { describe, expect, test } from 'vitest'
import { type Understood, understand } from './words'

/** Tuesday, 1 December 2026, 10:20 in Seoul. */
const NOW = Date.UTC(2026, 11, 1, 1, 20)
const ZONE = 'Asia/Seoul'

/** `daily 08:00`, `weekly mon,fri 08:00`, `monthly 1 09:00`, `once 2026-12-02T14:30`, or what is lacking. */
function told(text: string, now = NOW, zone = ZONE): string {
  const understood = understand(text, now, zone)
  if ('lack' in understood) return understood.lack === 'unknown' ? `unknown: ${understood.rest}` : understood.lack
  const { recurrence: one } = understood
  if (one.kind === 'once') return `once ${one.at}`
  if (one.kind === 'weekly') return `weekly ${one.days.join()} ${one.time}`
  return one.kind === 'monthly' ? `monthly ${one.day} ${one.time}` : `daily ${one.time}`
}

const WORKDAYS = 'mon,tue,wed,thu,fri'

const table = (rows: string): string[][] =>
  rows
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()))

describe('again and again', () => {
  test.each(
    table(`
      every day at 8                      | daily 08:00
      daily at 08:00                      | daily 08:00
      Every morning at 7:30               | daily 07:30
      every evening at 7                  | daily 19:00
      every night at 11                   | daily 23:00
      everyday at noon                    | daily 12:00
      once a day at 5 pm                  | daily 17:00
      every day at midnight               | daily 00:00
      each day at half past eight         | daily 08:30
      at 9am every day                    | daily 09:00
      every weekday at 8                  | weekly ${WORKDAYS} 08:00
      weekdays 8:15 a.m.                  | weekly ${WORKDAYS} 08:15
      on weekdays at quarter to 9         | weekly ${WORKDAYS} 08:45
      Monday to Friday at 18.30           | weekly ${WORKDAYS} 18:30
      mon-fri 9am                         | weekly ${WORKDAYS} 09:00
      from Friday to Monday at 9          | weekly mon,fri,sat,sun 09:00
      weekends at 10 o'clock              | weekly sat,sun 10:00
      every Monday at 9                   | weekly mon 09:00
      Mondays and Thursdays at 8 pm       | weekly mon,thu 20:00
      every mon, wed & fri at 07:00       | weekly mon,wed,fri 07:00
      on Tuesday and Friday at 9          | weekly tue,fri 09:00
      weekly on Sunday at 5 in the afternoon | weekly sun 17:00
      every week on tues at 9             | weekly tue 09:00
      on the 1st of each month at 9am     | monthly 1 09:00
      every month on the 15th at 08:00    | monthly 15 08:00
      monthly on day 31 at 23:59          | monthly 31 23:59
      the first of every month at noon    | monthly 1 12:00
      every 15th at 9                     | monthly 15 09:00
    `),
  )('%s', (text, expected) => expect(told(String(text))).toBe(expected))

  test.each(
    table(`
      매일 오전 8시                        | daily 08:00
      매일 아침 7시 반                     | daily 07:30
      날마다 저녁 7시에                    | daily 19:00
      매일 밤 11시마다                     | daily 23:00
      매일 밤 12시                         | daily 00:00
      매일 14:30                           | daily 14:30
      매일 정오에                          | daily 12:00
      매일 여덟 시                         | daily 08:00
      매일 열한시 십분                     | unknown: 십분
      평일 오전 8시마다                    | weekly ${WORKDAYS} 08:00
      평일오전8시마다                      | weekly ${WORKDAYS} 08:00
      평일 오후 6시 30분                   | weekly ${WORKDAYS} 18:30
      월요일부터 금요일까지 9시            | weekly ${WORKDAYS} 09:00
      월~금 9시                            | weekly ${WORKDAYS} 09:00
      주말 오전 10시에                     | weekly sat,sun 10:00
      매주 월요일 9시                      | weekly mon 09:00
      매주 월 9시                          | weekly mon 09:00
      월요일마다 오전 9시                  | weekly mon 09:00
      월요일 9시마다                       | weekly mon 09:00
      매주 월, 수, 금요일 오전 7시         | weekly mon,wed,fri 07:00
      매주 월수금 7시                      | weekly mon,wed,fri 07:00
      매주 화·목 저녁 8시                  | weekly tue,thu 20:00
      매주 월요일 밤 12시                  | weekly tue 00:00
      매달 1일 9시                         | monthly 1 09:00
      매월 15일 오후 3시에                 | monthly 15 15:00
      매월 31일 오전 9시                   | monthly 31 09:00
      매월 1일 밤 12시                     | monthly 2 00:00
    `),
  )('%s', (text, expected) => expect(told(String(text))).toBe(expected))
})

describe('once', () => {
  test.each(
    table(`
      tomorrow at 14:30                   | once 2026-12-02T14:30
      tomorrow morning at 8               | once 2026-12-02T08:00
      tomorrow at half past 2 in the afternoon | once 2026-12-02T14:30
      today at 11                         | once 2026-12-01T11:00
      tonight at 9                        | once 2026-12-01T21:00
      tonight at midnight                 | once 2026-12-02T00:00
      this evening at 6                   | once 2026-12-01T18:00
      the day after tomorrow at 9         | once 2026-12-03T09:00
      in 2 hours                          | once 2026-12-01T12:20
      in half an hour                     | once 2026-12-01T10:50
      in an hour and 30 minutes           | once 2026-12-01T11:50
      20 minutes from now                 | once 2026-12-01T10:40
      in 3 days at 9                      | once 2026-12-04T09:00
      in a week at noon                   | once 2026-12-08T12:00
      on Friday at 9                      | once 2026-12-04T09:00
      Tuesday at 11                       | once 2026-12-01T11:00
      Tuesday at 9                        | once 2026-12-08T09:00
      next Friday at 9                    | once 2026-12-11T09:00
      on the 24th at 18:00                | once 2026-12-24T18:00
      on the 1st at 9am                   | once 2027-01-01T09:00
      December 24th at 6 pm               | once 2026-12-24T18:00
      24 Dec 18:00                        | once 2026-12-24T18:00
      Thursday, 24 December 2026 at 18:00 | once 2026-12-24T18:00
      5 january at 9                      | once 2027-01-05T09:00
      29 february at 9                    | once 2028-02-29T09:00
      2027-03-05 09:00                    | once 2027-03-05T09:00
      2027-03-05T09:00                    | once 2027-03-05T09:00
      next month on the 3rd at 9          | once 2027-01-03T09:00
    `),
  )('%s', (text, expected) => expect(told(String(text))).toBe(expected))

  test.each(
    table(`
      내일 오후 2시 30분                   | once 2026-12-02T14:30
      내일 오후 2시30분에                  | once 2026-12-02T14:30
      내일 아침 8시                        | once 2026-12-02T08:00
      오늘 밤 9시                          | once 2026-12-01T21:00
      오늘 자정                            | once 2026-12-02T00:00
      모레 낮 12시                         | once 2026-12-03T12:00
      내일모레 점심 1시                    | once 2026-12-03T13:00
      2시간 뒤                             | once 2026-12-01T12:20
      1시간 30분 후                        | once 2026-12-01T11:50
      30분 후에                            | once 2026-12-01T10:50
      3일 뒤 9시                           | once 2026-12-04T09:00
      일주일 뒤 9시                        | once 2026-12-08T09:00
      금요일 오전 9시                      | once 2026-12-04T09:00
      다음 주 월요일 9시                   | once 2026-12-07T09:00
      이번 주 금요일 오후 6시              | once 2026-12-04T18:00
      12월 24일 오후 6시                   | once 2026-12-24T18:00
      2027년 3월 5일 9시                   | once 2027-03-05T09:00
      24일 오전 9시                        | once 2026-12-24T09:00
      다음 달 3일 9시                      | once 2027-01-03T09:00
    `),
  )('%s', (text, expected) => expect(told(String(text))).toBe(expected))
})

describe('what is missing is named', () => {
  test.each(
    table(`
                                          | nothing
      at 8                                | day
      8                                   | day
      every day                           | time
      every weekday                       | time
      tomorrow                            | time
      every week at 9                     | weekday
      next week at 9                      | weekday
      monthly at 9                        | monthDay
      every month on the 1st and 15th at 9 | oneDay
      every day at 8 and 18               | times
      twice a day at 8                    | times
      today at 9                          | past
      1 december 2026 at 9                | past
      30 february at 9                    | noSuchDay
      every month on the 32nd at 9        | noSuchDay
      every day at 25:00                  | noSuchTime
      tomorrow at 8:75                    | noSuchTime
      tomorrow at 14 am                   | noSuchTime
      every day on Mondays at 9           | unclear
      tomorrow every day at 9             | unclear
      Friday 24 December 2026 at 9        | unclear
      every hour                          | often
      every 5 minutes                     | often
      hourly                              | often
      every other day at 8                | gaps
      every 2 weeks on Monday at 9        | gaps
      every year on 5 May at 9            | rare
      on the last day of each month at 9  | last
      the first Monday of each month at 9 | nth
      every weekday except Friday at 8    | unknown: except
      remind me tomorrow at 8             | unknown: remind me
      매일                                 | time
      오전 8시                             | day
      매주 9시                             | weekday
      매달 9시                             | monthDay
      오늘 오전 9시                        | past
      2시간마다                            | often
      매시간                               | often
      30분마다                             | often
      격주 월요일 9시                      | gaps
      이틀마다 9시                         | gaps
      매년 5월 5일 9시                     | rare
      매달 마지막 날 9시                   | last
      매월 첫째 월요일 9시                 | nth
      하루에 두 번                         | times
      매일 25시                            | noSuchTime
      매일 8시에 알려줘                    | unknown: 알려줘
    `),
  )('%s', (text, expected) => expect(told(String(text))).toBe(expected))
})

function guessed(text: string): boolean {
  const understood = understand(text, NOW, ZONE)
  return 'recurrence' in understood && understood.guessed
}

test('an hour that could be at night or in the afternoon is said to be guessed', () => {
  expect(['tomorrow at 2', 'every day at 5:30', '내일 2시'].map(guessed)).toEqual([true, true, true])
  expect(['tomorrow at 2 pm', 'at 05:30 every day', 'every day at 8', '내일 오후 2시', '내일 새벽 2시'].map(guessed)).toEqual(Array(5).fill(false))
})

test('days are those of the zone, not of UTC', () => {
  const late = Date.UTC(2026, 11, 31, 23, 30)
  expect(told('tomorrow at 9', late, 'Asia/Seoul')).toBe('once 2027-01-02T09:00')
  expect(told('tomorrow at 9', late, 'America/New_York')).toBe('once 2027-01-01T09:00')
  expect(told('in 45 minutes', late, 'UTC')).toBe('once 2027-01-01T00:15')
})

test('whatever is typed, the answer is a valid recurrence or a reason', () => {
  const pieces =
    'every,day,monday,1st,at,8,24:00,pm,tomorrow,in 2,hours,month,december,midnight,매주,월,오후,3시,31일,마다,밤,12시,다음 주,-,x,,99'.split(',')
  // A small generator of one's own keeps the cases the same in every run.
  let seed = 7
  const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const texts = Array.from({ length: 1200 }, () =>
    Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join(next(2) ? ' ' : ''),
  )
  const all = texts.map((text) => ({ text, understood: understand(text, NOW, ZONE) }))
  expect(all.filter(({ understood }) => !isValid(understood))).toEqual([])
  expect(all.filter(({ understood }) => 'recurrence' in understood).length).toBeGreaterThan(20)
})

const isTime = (time: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(time)

function isValid(understood: Understood): boolean {
  if ('lack' in understood) return understood.lack !== 'unknown' || understood.rest !== ''
  const { recurrence: one } = understood
  if (one.kind === 'once') return /^2\d{3}-\d{2}-\d{2}T/.test(one.at) && one.at > '2026-12-01T10:20' && isTime(one.at.slice(11))
  if (one.kind === 'weekly') return one.days.length > 0 && isTime(one.time)
  return isTime(one.time) && (one.kind === 'daily' || (one.day >= 1 && one.day <= 31))
}
