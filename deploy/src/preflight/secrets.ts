/** Whether the secrets that the chosen options need are there. Without them the deploy works, and the agent does not. */
import { PROVIDER } from '../../../infra/lib/options/model.ts'
import { secretStates } from '../secrets/store.ts'
import type { Kind } from '../secrets/kinds.ts'
import { which } from '../world.ts'
import { type Check, ok, warning } from './check.ts'

export const secretsCheck: Check = {
  title: 'Secrets',
  async look(world) {
    const { aws, deployment, options } = world
    const needed: Kind[] = [
      ...(PROVIDER[options.model.provider].auth === 'key' ? (['model-key'] as const) : []),
      ...(options.telegram ? (['telegram-token', 'telegram-secret'] as const) : []),
    ]
    if (needed.length === 0) return ok('none needed: Bedrock works without a key, and Telegram is off')
    const there = await secretStates(aws, deployment)
    const missing = needed.filter((kind) => !there.get(kind))
    if (missing.length === 0) return ok(`${needed.join(', ')} are there`)
    return warning(`not there yet: ${missing.join(', ')}`, `make secrets ${which(world)}, before or after the deploy`)
  },
}
