/** A check looks at one thing before anything is changed, and says what to do about it. */
import { isNamed, reason, Refusal } from '../errors.ts'
import type { World } from '../world.ts'

export type Outcome = 'ok' | 'warning' | 'problem'

export interface Finding {
  outcome: Outcome
  says: string
  /** What the operator can do. */
  todo?: string
  /** What we can do ourselves, if the operator agrees. */
  mend?: { question: string; run(): Promise<void> }
}

export interface Check {
  title: string
  look(world: World): Promise<Finding>
}

export interface Looked extends Finding {
  title: string
}

export const ok = (says: string): Finding => ({ outcome: 'ok', says })
export const warning = (says: string, todo?: string): Finding => ({ outcome: 'warning', says, ...(todo && { todo }) })
export const problem = (says: string, todo?: string): Finding => ({ outcome: 'problem', says, ...(todo && { todo }) })

/** A check that fails itself says so, and the others are made all the same. It is no proof that a deploy would fail. */
export async function look(check: Check, world: World): Promise<Looked> {
  try {
    return { title: check.title, ...(await check.look(world)) }
  } catch (error) {
    return { title: check.title, ...unseen(error) }
  }
}

const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'UnauthorizedException']

/** Whoever may deploy need not be allowed to look at everything that we would look at before. */
function unseen(error: unknown): Finding {
  if (isNamed(error, ...DENIED)) return warning(`these credentials may not look at it: ${reason(error)}`)
  if (error instanceof Refusal) return problem(error.message)
  return warning(`could not be looked at: ${reason(error)}`)
}

const SIGN: Record<Outcome, string> = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' }
const INDENT = ' '.repeat(10)

export function shown(found: Looked): string {
  const lines = [`${SIGN[found.outcome]}   ${found.title}: ${found.says}`]
  if (found.todo) lines.push(...found.todo.split('\n').map((line) => `${INDENT}${line}`))
  return lines.join('\n')
}
