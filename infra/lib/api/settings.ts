/** What each function is told by its environment: what its `ports.rs` reads, and nothing else. */
import { type Environment, issuer, ofTaskLife, tablesAndBucket, telegramParameters } from '../compute/environment.ts'
import { TELEGRAM_TOKEN } from '../secrets.ts'
import { CONTAINER } from '../compute/task.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import type { Crate } from './functions.ts'
import type { ApiParts } from './parts.ts'

export function settingsOf(crate: Crate, options: Options, names: Names, parts: ApiParts): Environment {
  const { storage, web, identity } = parts
  const stored = tablesAndBucket(storage)
  const { TABLE_TASK_STATE, TABLE_CONNECTIONS } = stored
  const connections = { TABLE_TASK_STATE, TABLE_CONNECTIONS } as Environment
  const { OIDC_ISSUER, OIDC_CLIENT_ID, USER_POOL_ID } = issuer(identity) as Record<string, string>
  const accepting = { ...stored, ...launching(options, names, parts), CONVERSATION_TTL_DAYS: String(options.conversationDays) }
  const users = { USER_POOL_ID: USER_POOL_ID! }
  const alarms = { SCHEDULE_GROUP: names.scheduleGroup, SCHEDULE_TARGET_ARN: names.functionArn('scheduled-message'), SCHEDULE_ROLE_ARN: parts.storage.userSchedules.roleArn }
  switch (crate) {
    case 'ws-connect':
      return { ...connections, OIDC_ISSUER: OIDC_ISSUER!, OIDC_CLIENT_ID: OIDC_CLIENT_ID!, ALLOWED_ORIGINS: web.origin }
    case 'ws-disconnect':
      return connections
    case 'ws-message':
      return accepting
    case 'telegram-webhook':
      return { ...accepting, ...telegramParameters(options, names), TELEGRAM_ALLOWED_IDS: options.telegramAllowedIds.join(',') }
    case 'scheduled-message':
      return { ...accepting, ...alarms }
    case 'watchdog':
      return { ...accepting, ...alarms, ...users }
    case 'api': {
      const bot: Environment = options.telegram ? { TELEGRAM_TOKEN_PARAMETER: names.parameter(TELEGRAM_TOKEN) } : {}
      return { ...accepting, ...alarms, ...users, ...bot, ...storage.snapshotKey.environment, OFFERED_MODELS: options.model.offered.join(',') }
    }
    case 'prewarm':
      return { ...stored, ...launching(options, names, parts), ...pool(options) }
  }
}

function launching(options: Options, names: Names, { network, compute, web }: ApiParts): Environment {
  return {
    ...ofTaskLife(options),
    ECS_CLUSTER: compute.clusterName,
    ECS_TASK_DEFINITION: names.family,
    ECS_SUBNETS: network.subnetIds.join(','),
    ECS_SECURITY_GROUPS: network.securityGroupId,
    ECS_CONTAINER: CONTAINER,
    ECS_ASSIGN_PUBLIC_IP: network.publicIp,
    TASK_CAPACITY: options.task.capacity,
    PREWARM_SPARES: String(options.prewarm.spares),
    WS_MANAGEMENT_URL: web.addresses.managementUrl,
  }
}

function pool({ prewarm }: Options): Environment {
  return {
    PREWARM_TIME_ZONE: prewarm.timeZone,
    PREWARM_SPARE_MINUTES: String(prewarm.minutes),
    ...(prewarm.windows !== '' && { PREWARM_WINDOWS: prewarm.windows }),
  }
}
