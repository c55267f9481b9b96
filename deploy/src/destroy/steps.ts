/** What `make destroy` does, one stack after the other, in the opposite order of a deploy. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Step } from '../deploy/steps.ts'
import type { StackKind } from '../deployment.ts'
import { readDescription } from '../description.ts'
import { Refusal } from '../errors.ts'
import { runOps } from '../ops.ts'
import { removeSecret, secretStates, STORED } from '../secrets/store.ts'
import { deleteStack } from '../stacks.ts'
import type { World } from '../world.ts'
import { emptyBucket } from './empty.ts'
import { pageBucket, unprotect } from './protection.ts'
import { stopTasks } from './tasks.ts'

/** What has no memory of its own and is made anew by the next deploy. */
export const RUNNING = ['monitoring', 'api', 'compute', 'network'] as const

export function withoutData(world: World, stacks: string[]): Step[] {
  const [monitoring, api, compute, network] = RUNNING
  return [
    silenceBot(world),
    ...removal(world, stacks, monitoring, 'a minute', 'everything else, without its alarms.'),
    ...removal(world, stacks, api, 'two minutes', 'no way in any more; agents that are awake go on until they sleep.'),
    stopAgents(world),
    ...removal(world, stacks, compute, 'a minute', 'a cluster in which nothing runs, or a part of it. It costs nothing.'),
    ...removal(world, stacks, network, 'a minute', 'a network in which nothing is. It costs nothing.'),
  ]
}

/** Storage, users and the page stand on nothing but one another: the page is last. */
export function withData(world: World, stacks: string[]): Step[] {
  const half = 'the rest of it, no longer protected: finish this.'
  return [
    ...withoutData(world, stacks),
    {
      title: 'Take the protection away from tables, bucket and users',
      usually: 'two minutes',
      left: 'all data; a part of it is no longer protected against deletion. `make deploy` protects it again.',
      run: () => unprotect(world, stacks),
    },
    { title: 'Empty the buckets', usually: 'a minute for each 100,000 files', left: 'a part of the files.', run: () => emptied(world) },
    ...removal(world, stacks, 'identity', 'a minute', half),
    ...removal(world, stacks, 'storage', 'two minutes', half),
    ...removal(world, stacks, 'web', '5 minutes', half),
    { title: 'Delete the secrets', usually: 'a second', left: 'some secrets of a deployment that is gone.', run: () => secretsGone(world) },
  ]
}

function removal(world: World, stacks: string[], kind: StackKind, usually: string, left: string): Step[] {
  const name = world.deployment.stack(kind)
  if (!stacks.includes(name)) return []
  const run = async () => {
    await deleteStack(world.aws, name)
    return `${name} is gone`
  }
  return [{ title: `Delete ${name}`, usually, left, run }]
}

/** Otherwise Telegram goes on bringing, and drops it after a day. Nothing else waits for this. */
const silenceBot = (world: World): Step => ({
  title: 'Take the bot off',
  usually: 'a few seconds',
  left: 'the deployment as it was; the bot may not answer.',
  run: async () => {
    const description = await readDescription(world.aws, world.deployment)
    const hasBot = description?.['TELEGRAM_TOKEN_PARAMETER'] && (await secretStates(world.aws, world.deployment)).has('telegram-token')
    if (!hasBot) return 'there is none'
    try {
      await runOps(world, ['telegram', 'delete'])
      return 'Telegram brings nothing any more'
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return `the bot still has its webhook, and Telegram gives up after a day: ${error.message}`
    }
  },
})

const stopAgents = (world: World): Step => ({
  title: 'Stop the agents that are awake',
  usually: 'a few seconds, two minutes at most',
  left: 'agents on their way to sleep: each saves its state, whether we wait or not.',
  run: async () => `${await stopTasks(world.aws, world.deployment.name)} were awake, none is`,
})

async function emptied(world: World): Promise<string> {
  const { Account = '' } = await world.aws.sts.send(new GetCallerIdentityCommand({}))
  const buckets = [world.deployment.dataBucket(Account), await pageBucket(world)].filter((bucket) => bucket !== undefined)
  const counts = await Promise.all(buckets.map((bucket) => emptyBucket(world.aws, bucket)))
  return `${counts.reduce((sum, count) => sum + count, 0)} versions of files are deleted`
}

async function secretsGone({ aws, deployment }: World): Promise<string> {
  const were = await Promise.all(STORED.map((kind) => removeSecret(aws, deployment, kind)))
  return `${were.filter(Boolean).length} secrets are deleted`
}
