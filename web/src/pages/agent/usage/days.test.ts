import { expect, test } from 'vitest'
import { everyDay, monthsKept, NOTHING, spanOf } from './days'

const NOW = Date.UTC(2026, 11, 1, 0, 30)

test('a range of days ends today, in UTC', () => {
  expect(spanOf(7, NOW)).toEqual({ from: '2026-11-25', to: '2026-12-01' })
  expect(spanOf(90, NOW)).toEqual({ from: '2026-09-03', to: '2026-12-01' })
})

test('a month ends with its last day, or today', () => {
  expect(spanOf('2026-11', NOW)).toEqual({ from: '2026-11-01', to: '2026-11-30' })
  expect(spanOf('2026-12', NOW)).toEqual({ from: '2026-12-01', to: '2026-12-01' })
  expect(spanOf('2024-02', NOW)).toEqual({ from: '2024-02-01', to: '2024-02-29' })
})

test('only months are offered whose first day is still kept', () => {
  const months = monthsKept(NOW)
  expect([months[0], months.at(-1), months.length]).toEqual(['2026-12', '2025-11', 14])
})

test('a day on which there was nothing is a day with zeros', () => {
  const used = { ...NOTHING, wakes: 3 }
  const days = everyDay({ from: '2026-11-29', to: '2026-12-01' }, [{ day: '2026-11-30', totals: used }])
  expect(days.map(({ day, totals }) => [day, totals.wakes])).toEqual([
    ['2026-11-29', 0],
    ['2026-11-30', 3],
    ['2026-12-01', 0],
  ])
})
