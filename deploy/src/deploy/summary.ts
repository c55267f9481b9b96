/** The last words of a deploy: where it is, what it costs, what is still to do. */
import { PROVIDER } from '../../../infra/lib/options/model.ts'
import { type Description, field } from '../description.ts'
import { secretStates } from '../secrets/store.ts'
import { which, type World } from '../world.ts'

export async function whatNext(world: World, description: Description): Promise<string[]> {
  const { provider } = world.options.model
  const needsKey = PROVIDER[provider].auth === 'key' && !(await secretStates(world.aws, world.deployment)).get('model-key')
  return [
    '',
    `Ready: ${field(description, 'PAGE_URL')}`,
    '',
    `Asleep it costs some cents a month for what is stored${description['SNAPSHOT_KEY_ID'] ? ', and a dollar for the KMS key of the snapshots' : ''}; awake, about a cent an hour`,
    'for each agent. docs/cost.md has the whole bill, `make cost` computes yours. The model is paid to its provider.',
    '',
    'Next:',
    ...(needsKey ? [`  make secrets ${which(world)} SECRET=model-key    the agent cannot answer without ${provider}'s key`] : []),
    '  open the page, sign in, and write something: the first answer takes a minute or two',
    `  make ops ${which(world)} DO=doctor    looks whether everything works`,
    `  make rollback ${which(world)}    if the new image is no good`,
  ]
}
