/** Whether two times make sense, as a person typed them. */
import type { IdleSetting } from '../../protocol'

export interface IdleDraft {
  minMinutes: string
  maxMinutes: string
}

export type IdleProblem = 'whole' | 'crossed' | null

export function idleProblems(draft: IdleDraft, offered: IdleSetting): Record<keyof IdleDraft, IdleProblem> {
  const one = (written: string): IdleProblem => {
    const minutes = Number(written)
    return /^\d+$/.test(written.trim()) && minutes >= offered.minMinutes && minutes <= offered.maxMinutes ? null : 'whole'
  }
  const problems = { minMinutes: one(draft.minMinutes), maxMinutes: one(draft.maxMinutes) }
  const crossed = !problems.minMinutes && !problems.maxMinutes && Number(draft.minMinutes) > Number(draft.maxMinutes)
  return crossed ? { ...problems, minMinutes: 'crossed' } : problems
}
