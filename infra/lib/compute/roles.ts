/** What a task may do. The bridge has the first role; the agent has none, because it never sees the credentials (I7). */
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { grantClose, grantPush } from '../api/push.ts'
import { allow } from '../grants.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import type { Storage } from '../storage/storage.ts'
import { USER_INDEX } from '../storage/tables.ts'
import type { Addresses } from '../web/addresses.ts'
import { bedrockModels, MODEL_KEY } from './model.ts'
import { grantParameters, grantSecrets, TELEGRAM_TOKEN } from '../secrets.ts'

const TASKS = 'ecs-tasks.amazonaws.com'

export function taskRole(scope: Construct, options: Options, names: Names, storage: Storage, addresses: Addresses): Role {
  const role = new Role(scope, 'TaskRole', { assumedBy: new ServicePrincipal(TASKS), description: 'The bridge' })
  grantRows(role, storage)
  grantObjects(role, storage)
  storage.snapshotKey.grantSeal(role)
  storage.snapshotKey.grantOpen(role)
  grantPush(role, addresses)
  grantClose(role, addresses)
  grantParameters(role, names, 'model')
  const secrets = [...storage.snapshotKey.secrets, ...(options.model.provider === 'bedrock' ? [] : [MODEL_KEY]), ...(options.telegram ? [TELEGRAM_TOKEN] : [])]
  if (secrets.length > 0) grantSecrets(role, names, ...secrets)
  const models = bedrockModels(options.model)
  if (models.length > 0) allow(role, ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], models)
  return role
}

function grantRows(role: Role, { tables: { taskState, inbox, conversations, connections, settings } }: Storage): void {
  taskState.grantGet(role)
  taskState.grantChange(role)
  taskState.grantCheck(role)
  // Whether a version comes up is in a row of its own.
  taskState.grantPut(role)
  taskState.grantRemove(role)
  inbox.grantGet(role)
  inbox.grantQuery(role)
  inbox.grantChange(role)
  conversations.grantGet(role)
  conversations.grantQuery(role)
  conversations.grantPut(role)
  conversations.grantChange(role)
  connections.grantGet(role)
  connections.grantQueryIndex(role, USER_INDEX)
  connections.grantRemove(role)
  settings.grantGet(role)
  settings.grantQuery(role)
  settings.grantPut(role)
  settings.grantChange(role)
  settings.grantRemoveMany(role)
}

function grantObjects(role: Role, { data }: Storage): void {
  data.grantList(role)
  data.grantRead(role, 'incoming', 'skills', 'snapshot-keys', 'snapshots', 'texts', 'uploads')
  data.grantWrite(role, 'downloads', 'snapshot-keys', 'snapshots', 'texts')
  data.grantAbort(role, 'downloads')
  data.grantRemove(role, 'incoming', 'snapshots')
}

/** What ECS itself does before the bridge runs: fetch the image, and write what the bridge says. */
export function executionRole(scope: Construct, storage: Storage, logs: LogGroup): Role {
  const role = new Role(scope, 'ExecutionRole', { assumedBy: new ServicePrincipal(TASKS), description: 'ECS, for a task' })
  const pull = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']
  allow(role, pull, [storage.images.repositoryArn])
  allow(role, ['ecr:GetAuthorizationToken'], ['*'])
  allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logs.logGroupArn])
  return role
}
