/** The bot's webhook: where Telegram brings what people write. */
import { field, needDescription } from './description.ts'
import { runOps } from './ops.ts'
import type { World } from './world.ts'

const PATH = '/telegram'

export async function setWebhook(world: World): Promise<string> {
  const api = field(await needDescription(world.aws, world.deployment), 'API_URL')
  const url = api.replace(/\/$/, '') + PATH
  await runOps(world, ['telegram', 'set', url])
  return url
}
