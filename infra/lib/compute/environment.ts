/** Variables that our programs read. Each is documented where the program is: docs/operating.md, docs/telegram.md, docs/usage.md. */
import { Aws } from 'aws-cdk-lib'
import type { Identity } from '../identity/identity.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import type { Storage } from '../storage/storage.ts'
import type { Web } from '../web/web.ts'
import { TELEGRAM_SECRET, TELEGRAM_TOKEN } from '../secrets.ts'

export type Environment = Readonly<Record<string, string>>

/** `undefined` where the operator left it to the program. */
function given(variables: Record<string, string | undefined>): Environment {
  return Object.fromEntries(Object.entries(variables).filter((pair): pair is [string, string] => pair[1] !== undefined))
}

export function tablesAndBucket({ tables, data }: Storage): Environment {
  return {
    TABLE_TASK_STATE: tables.taskState.name,
    TABLE_PENDING_MESSAGES: tables.inbox.name,
    TABLE_CONVERSATIONS: tables.conversations.name,
    TABLE_CONNECTIONS: tables.connections.name,
    TABLE_SETTINGS: tables.settings.name,
    DATA_BUCKET: data.name,
  }
}

/** Of the bridge and of the functions that launch it: what one offers is what the other does. */
export function ofTaskLife({ task }: Options): Environment {
  return given({
    TASK_CPU: String(task.cpu),
    TASK_MEMORY: String(task.memory),
    IDLE_TIMEOUT_SECONDS: String(task.idleSeconds),
    IDLE_TIMEOUT_MAX_SECONDS: String(task.idleMaxSeconds),
    DEFAULT_TIME_ZONE: task.timeZone,
    SPEND_CAP_USD: task.spendCap,
  })
}

export function telegramParameters(options: Options, names: Names): Environment {
  if (!options.telegram) return {}
  return { TELEGRAM_TOKEN_PARAMETER: names.parameter(TELEGRAM_TOKEN), TELEGRAM_SECRET_PARAMETER: names.parameter(TELEGRAM_SECRET) }
}

export function issuer({ issuer: url, clientId, userPoolId }: Identity): Environment {
  return { OIDC_ISSUER: url, OIDC_CLIENT_ID: clientId, USER_POOL_ID: userPoolId }
}

export function taskEnvironment(options: Options, names: Names, { storage, web }: { storage: Storage; web: Web }): Environment {
  const { TELEGRAM_TOKEN_PARAMETER } = telegramParameters(options, names)
  return given({
    AWS_REGION: Aws.REGION,
    AWS_USE_DUALSTACK_ENDPOINT: options.network === 'ipv6-only' ? 'true' : undefined,
    ...tablesAndBucket(storage),
    ...ofTaskLife(options),
    ...storage.snapshotKey.environment,
    WS_URL: web.addresses.webSocketUrl,
    WS_MANAGEMENT_URL: web.addresses.managementUrl,
    MODEL_PARAMETER: names.parameter('model'),
    TELEGRAM_TOKEN_PARAMETER,
    CONVERSATION_TTL_DAYS: String(options.conversationDays),
  })
}
