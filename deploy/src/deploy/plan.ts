/** What a deploy would change, shown and agreed to before it does. */
import { Cdk } from '../cdk.ts'
import { Refusal } from '../errors.ts'
import { deleteStack, stackOf } from '../stacks.ts'
import { agrees } from '../terminal.ts'
import type { World } from '../world.ts'
import { hasRepository } from './image.ts'

/** Images need a place before there is an image that a task could name: the first deploy makes it by itself. */
export async function placeForImages(world: World, version: string): Promise<string> {
  const { deployment, terminal, yes } = world
  if (await hasRepository(world)) return `the repository ${deployment.repository} is there`
  const stacks = [deployment.stack('web'), deployment.stack('storage')]
  const question = `Deploy ${stacks.join(' and ')} now? They hold the page, the tables, the buckets and the images.`
  if (!(await agrees(terminal, question, yes))) throw new Refusal('You did not agree: nothing was deployed.')
  const cdk = new Cdk(world, 'place', { version })
  await cdk.synth()
  await cdk.deploy([deployment.stack('storage')])
  return `the repository ${deployment.repository} is made`
}

export async function agreeOn(world: World, cdk: Cdk): Promise<string> {
  await cdk.synth()
  await cdk.diff()
  const question = `Deploy this to "${world.deployment.name}" in ${world.deployment.region}?`
  if (await agrees(world.terminal, question, world.yes)) return 'agreed'
  throw new Refusal('You did not agree: nothing was changed.')
}

export async function deployAll(world: World, cdk: Cdk): Promise<string> {
  await cdk.deploy()
  const monitoring = world.deployment.stack('monitoring')
  const { monitoring: level, budgetDollars } = world.options.watch
  const isChosen = level !== 'none' || budgetDollars > 0
  if (isChosen || !(await stackOf(world.aws, monitoring))) return 'all stacks are deployed'
  await deleteStack(world.aws, monitoring)
  return `all stacks are deployed, and ${monitoring} is gone, because the options no longer ask for it`
}
