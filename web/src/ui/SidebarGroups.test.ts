import { expect, test } from 'vitest'
import { grouped, groupOf } from './SidebarGroups'

const at = (day: number, hour: number) => new Date(2026, 2, day, hour).getTime()
const now = at(30, 1)

test.each([
  [0, 'today'],
  [at(30, 0), 'today'],
  [at(31, 0), 'today'],
  [at(29, 23), 'yesterday'],
  [at(28, 23), 'week'],
  [at(24, 0), 'week'],
  [at(23, 23), 'earlier'],
])('a conversation of %d is of the group %s', (when, group) => expect(groupOf(when, now)).toBe(group))

test('groups keep the order of the list, and an empty one is not there', () => {
  const [a, b, c] = [{ lastActivityAt: at(30, 1) }, { lastActivityAt: at(30, 0) }, { lastActivityAt: at(1, 0) }]
  expect(grouped([a, b, c], now)).toEqual([
    { group: 'today', list: [a, b] },
    { group: 'earlier', list: [c] },
  ])
})
