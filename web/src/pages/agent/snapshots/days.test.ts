import { expect, test } from 'vitest'
import type { SnapshotSummary } from '../../../protocol'
import { byDay } from './days'

const taken = (id: string, at: Date): SnapshotSummary => ({ id, at: at.getTime(), reason: 'periodic', generation: 1, files: 1, bytes: 1, addedBytes: 1 })

test('snapshots of one day stand together, the newest day first', () => {
  const now = new Date(2026, 11, 1, 12).getTime()
  const days = byDay(
    [
      taken('e', new Date(2026, 11, 1, 9)),
      taken('d', new Date(2026, 11, 1, 0, 1)),
      taken('c', new Date(2026, 10, 30, 23, 59)),
      taken('b', new Date(2026, 10, 20, 8)),
      taken('a', new Date(2025, 11, 1, 12)),
    ],
    now,
  )
  expect(days.map(({ label, snapshots }) => [label, snapshots.map(({ id }) => id).join('')])).toEqual([
    ['Today', 'ed'],
    ['Yesterday', 'c'],
    ['Friday, November 20', 'b'],
    ['Monday, December 1, 2025', 'a'],
  ])
})
