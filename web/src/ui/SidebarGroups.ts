/** Conversations by the day they were last spoken in, as the reader's calendar has it. */

export const GROUPS = ['today', 'yesterday', 'week', 'earlier'] as const
export type Group = (typeof GROUPS)[number]

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** Rounded, because a day of a change of clocks has 23 or 25 hours. */
const daysBetween = (earlier: number, later: number): number => Math.round((midnight(later) - midnight(earlier)) / 86_400_000)

/** One that nobody has spoken in yet is today's. */
export function groupOf(at: number, now: number): Group {
  const days = at === 0 ? 0 : daysBetween(at, now)
  if (days < 1) return 'today'
  if (days === 1) return 'yesterday'
  return days < 7 ? 'week' : 'earlier'
}

/** In the order of the list; a group without conversations is left out. */
export function grouped<T extends { lastActivityAt: number }>(list: readonly T[], now: number): { group: Group; list: T[] }[] {
  return GROUPS.map((group) => ({ group, list: list.filter(({ lastActivityAt }) => groupOf(lastActivityAt, now) === group) })).filter(
    (one) => one.list.length > 0,
  )
}
