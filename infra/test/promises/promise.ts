/** What the templates promise, and one change that breaks exactly that. */
import assert from 'node:assert/strict'
import type { Context, Templates } from '../templates.ts'
import { sure } from '../sure.ts'

export interface Promise {
  readonly says: string
  /** Throws an assertion if it does not. */
  readonly holds: (templates: Templates) => void
  readonly breaks: (templates: Templates) => void
  /** Options, where it is about other ones than the defaults. */
  readonly with?: Context
}

/** For a break that is an addition. */
export function none(templates: Templates, ...types: string[]): void {
  for (const type of types) assert.deepEqual(templates.all(type).map(({ id }) => id), [], `there is a ${type}`)
}

/** At least one, so that nothing is said of an empty list. */
export function every<T>(list: readonly T[], holds: (one: T) => void): void {
  sure(list.length > 0, 'there is none')
  for (const one of list) holds(one)
}
