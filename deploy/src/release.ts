/**
 * Which revision of the task definition wake-ups start from. A new one is a candidate first: it gets a share of them,
 * is everybody's when it has come up often enough, and is withdrawn when it does not come up (crates/domain/src/release.rs).
 */
import { DescribeTaskDefinitionCommand, type TaskDefinition } from '@aws-sdk/client-ecs'
import { field, type Description } from './description.ts'
import { isNamed } from './errors.ts'
import { askOps, runOps } from './ops.ts'
import type { World } from './world.ts'

/** As `ops release show --json` tells it: ARNs of task definitions. */
export interface Release {
  current?: string | null
  previous?: string | null
  candidate?: string | null
  withdrawn?: string | null
}

export const revision = (arn: string): string => arn.split('/').at(-1) ?? arn

export async function offerRelease(world: World, description: Description, share: number): Promise<string> {
  const arn = field(description, 'TASK_DEFINITION_ARN')
  const { current, candidate, withdrawn } = await askOps<Release>(world, ['release', 'show'])
  const it = revision(arn)
  if (current === arn && !candidate) return `${it} is what wake-ups start from already`
  if (candidate === arn) return `${it} is the candidate already; \`make ops DO="release show"\` says how it does`
  if (withdrawn === arn) {
    return `${it} was withdrawn before and is not offered again. When its cause is mended, a deploy with NEW_IMAGE=1 makes another one; or: make ops DO="release begin --candidate ${arn} --share ${share}"`
  }
  if (current && current !== arn && !(await isActive(world, current))) return replaceAtOnce(world, arn, current)
  await runOps(world, ['release', 'begin', '--candidate', arn, '--share', String(share)])
  if (!current || current === arn) return `all wake-ups start from ${it}`
  return `${it} gets ${share} % of the wake-ups beside ${revision(current)}. It is everybody's when it has come up ten times, and withdrawn by itself when it does not come up`
}

/** After `make destroy`, for one: nothing starts from a revision that was deregistered. */
async function replaceAtOnce(world: World, arn: string, gone: string): Promise<string> {
  await runOps(world, ['release', 'begin', '--candidate', arn, '--share', '100'])
  await runOps(world, ['release', 'promote'])
  return `all wake-ups start from ${revision(arn)} at once, because ${revision(gone)} is gone`
}

const isActive = async (world: World, arn: string): Promise<boolean> => (await taskDefinitionOf(world, arn))?.status === 'ACTIVE'

/** None if ECS does not know it. One that was deregistered it knows. */
export async function taskDefinitionOf({ aws }: World, arn: string): Promise<TaskDefinition | undefined> {
  try {
    const found = await aws.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }))
    return found.taskDefinition
  } catch (error) {
    // ECS's way to say that there is none.
    if (isNamed(error, 'ClientException')) return undefined
    throw error
  }
}

export async function rollback(world: World): Promise<void> {
  await runOps(world, ['release', 'rollback'])
  world.terminal.say('Lambdas, page and tables are as the last deploy left them: docs/upgrade.md says how to go back a whole version.')
}
