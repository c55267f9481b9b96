/**
 * Which revision of the task definition wake-ups start from. A new one is a candidate first: it gets a share of them, and
 * is withdrawn by the watchdog if its tasks do not become ready. `ops release` does all of it.
 */
import { field, type Description } from './description.ts'
import { askOps, runOps } from './ops.ts'
import type { World } from './world.ts'

/** As `ops release show --json` tells it: ARNs of task definitions. */
export interface Release {
  current?: string | null
  previous?: string | null
  candidate?: string | null
}

export const showRelease = (world: World): Promise<Release> => askOps<Release>(world, ['release', 'show'])

export const revision = (arn: string): string => arn.split('/').at(-1) ?? arn

export async function offerRelease(world: World, description: Description, share: number): Promise<string> {
  const arn = field(description, 'TASK_DEFINITION_ARN')
  const { current, candidate } = await showRelease(world)
  if (current === arn) return `${revision(arn)} is what wake-ups start from already`
  if (candidate === arn) return `${revision(arn)} is the candidate already; \`ops release show\` says how it does`
  if (!current) {
    await runOps(world, ['release', 'begin', '--candidate', arn, '--share', '100'])
    await runOps(world, ['release', 'promote'])
    return `${revision(arn)} is the first: all wake-ups start from it`
  }
  await runOps(world, ['release', 'begin', '--candidate', arn, '--share', String(share)])
  return `${revision(arn)} gets ${share} % of the wake-ups beside ${revision(current)}. If it does not become ready it is withdrawn by itself; \`ops release promote\` makes it the current one`
}

export async function rollback(world: World): Promise<void> {
  await runOps(world, ['release', 'rollback'])
  world.terminal.say('The next wake-ups start from it. Who is awake goes on with what he has, until he sleeps.')
  world.terminal.say('Lambdas, page and tables are as the last deploy left them: docs/upgrade.md says how to go back a whole version.')
}
