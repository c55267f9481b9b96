/**
 * A deploy is a row of steps. Each finds what is done already, so whoever is stopped in the middle starts again from
 * the beginning. None leaves a half state without a sentence that says so.
 */
import { Interrupted, Refusal, reason } from '../errors.ts'
import type { Terminal } from '../terminal.ts'

export interface Step {
  title: string
  /** As a person would say it: "a minute". */
  usually: string
  /** What there is if it ends in the middle. */
  left: string
  /** Answers with what was done, or why nothing was. */
  run(): Promise<string>
}

export interface Course {
  terminal: Terminal
  /** The command that goes on. */
  again: string
  now(): Date
  /** Rejects when somebody says stop while no other program runs. */
  stopped: Promise<never>
}

export async function inSteps(steps: Step[], course: Course): Promise<void> {
  for (const [place, step] of steps.entries()) {
    const number = `[${place + 1}/${steps.length}]`
    course.terminal.say(`\n${number} ${step.title} (usually ${step.usually})`)
    const began = course.now()
    try {
      const done = await Promise.race([step.run(), course.stopped])
      course.terminal.say(`${number} ${done} (${duration(course.now().getTime() - began.getTime())})`)
    } catch (error) {
      throw broken(error, number, step, course.again)
    }
  }
}

function broken(error: unknown, number: string, step: Step, again: string): Error {
  const rest = `What there is now: ${step.left}\nTo go on: ${again}. What is done already is found done.`
  if (error instanceof Interrupted) {
    const stopped = new Interrupted()
    stopped.message = `Stopped in step ${number} ${step.title}.\n${rest}`
    return stopped
  }
  return new Refusal(`Step ${number} ${step.title} failed: ${reason(error)}\n${rest}`)
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
