/**
 * `make destroy`: takes a deployment out of the account. What people said, who they are and what their agents know stays,
 * unless the operator says DATA=delete and types the deployment's name.
 */
import { Refusal } from '../errors.ts'
import { existingStacks } from '../stacks.ts'
import { type Course, inSteps } from '../deploy/steps.ts'
import { which, type World } from '../world.ts'
import { RUNNING, withData, withoutData } from './steps.ts'

export interface Wanted {
  deleteData: boolean
  /** The deployment's name once more, where nobody can type it. */
  confirm?: string
}

export async function destroy(world: World, wanted: Wanted, stopped: Promise<never>): Promise<void> {
  const { deployment, terminal, aws } = world
  const stacks = (await existingStacks(aws, deployment)).map(({ StackName = '' }) => StackName)
  if (stacks.length === 0) throw new Refusal(`There is nothing named "${deployment.name}" in ${deployment.region}.`)
  for (const line of wanted.deleteData ? allGoes(world, stacks) : someStays(world, stacks)) terminal.say(line)
  await confirmed(world, wanted)
  const again = `make destroy ${which(world)}${wanted.deleteData ? ' DATA=delete' : ''}`
  const course: Course = { terminal, again, now: world.now, stopped }
  await inSteps(wanted.deleteData ? withData(world, stacks) : withoutData(world, stacks), course)
  terminal.say(`\n"${deployment.name}" is ${wanted.deleteData ? 'gone' : 'asleep for good, until the next make deploy'}.`)
}

function someStays(world: World, stacks: string[]): string[] {
  const { name } = world.deployment
  const going = RUNNING.map((kind) => `${name}-${kind}`).filter((stack) => stacks.includes(stack))
  const staying = stacks.filter((stack) => !going.includes(stack))
  return [
    'This goes:',
    `  ${going.join(', ') || 'nothing, it is gone already'}: Lambdas, cluster, network, alarms and their logs.`,
    '  Agents that are awake save what they know, and stop. Nobody can write to an agent any more.',
    '  What falls due meanwhile of a user\'s schedules is not asked; after the next deploy they go on.',
    'This stays, with everything in it, and the next `make deploy` goes on with it:',
    `  ${staying.join(', ')}: the tables, the bucket, the users and their schedules, the key of the snapshots, the images, the page's address,`,
    `  and the secrets in Systems Manager, /${name}/….`,
    '  It costs some cents a month for what is stored, and a dollar if a KMS key protects the snapshots.',
    `To remove that, too: make destroy ${which(world)} DATA=delete`,
    '',
  ]
}

function allGoes({ deployment }: World, stacks: string[]): string[] {
  const { name, region } = deployment
  return [
    `EVERYTHING of "${name}" in ${region} goes: every conversation, every agent's memory, every file, every user.`,
    `  Stacks: ${stacks.join(', ')}.`,
    '  Nothing brings it back.',
    '  Each user can take what is his along first: on the page, "My data". `make ops DO="user export …"` does it for him.',
    '',
  ]
}

async function confirmed({ deployment: { name }, terminal, yes }: World, wanted: Wanted): Promise<void> {
  if (!terminal.isInteractive) {
    if (yes && wanted.confirm === name) return
    throw new Refusal(`Nobody is here to type the name: say YES=1 CONFIRM=${name} if you mean it. Nothing was changed.`)
  }
  const typed = await terminal.ask(`Type the deployment's name, "${name}", if you mean it: `)
  if (typed !== name) throw new Refusal('That is not its name. Nothing was changed.')
}
