/** The bot's webhook: where Telegram brings what people write. */
import { field, needDescription } from './description.ts'
import { runOps } from './ops.ts'
import type { World } from './world.ts'

const PATH = '/telegram'

async function webhookOf(world: World): Promise<string> {
  const api = field(await needDescription(world.aws, world.deployment), 'API_URL')
  return api.replace(/\/$/, '') + PATH
}

/** Of a bot that this deployment had: what it no longer says of itself is said here. Another deployment's is left alone. */
export async function deleteWebhook(world: World): Promise<void> {
  const settings = { TELEGRAM_TOKEN_PARAMETER: world.deployment.secretParameter('telegram-token') }
  await runOps(world, ['telegram', 'delete', '--only', await webhookOf(world)], settings)
}

export async function setWebhook(world: World): Promise<string> {
  const url = await webhookOf(world)
  await runOps(world, ['telegram', 'set', url])
  return url
}
