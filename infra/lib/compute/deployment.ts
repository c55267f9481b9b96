/** What tools must know of a deployment, in two parameters: one that they take as their environment, one for the page. */
import type { Stack } from 'aws-cdk-lib';
import { Aws } from 'aws-cdk-lib'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import { type Options, UnusableOption } from '../options/index.ts'
import type { Names } from '../names.ts'
import type { ComputeParts } from './compute.ts'
import { type Environment, issuer, tablesAndBucket, telegramParameters } from './environment.ts'

/** Of a parameter of the standard tier, which is free. */
const PARAMETER_BYTES = 4_096
/** More than any name or ARN that AWS puts in place of a reference here. */
const REFERENCE_BYTES = 100

export interface Machines {
  readonly clusterName: string
  readonly taskDefinitionArn: string
  readonly logGroup: string
}

export function deploymentParameter(stack: Stack, options: Options, names: Names, parts: ComputeParts, machines: Machines): void {
  const known = deployment(options, names, parts, machines)
  refuseTooMuch(stack, known)
  new StringParameter(stack, 'Deployment', {
    parameterName: names.parameter('deployment'), description: 'What tools must know of this deployment', stringValue: stack.toJsonString(known),
  })
  new StringParameter(stack, 'PageConfig', {
    parameterName: names.parameter('page'), description: 'config.json, as the page reads it', stringValue: stack.toJsonString(pageConfig(options, parts)),
  })
}

function deployment(options: Options, names: Names, { storage, identity, web }: ComputeParts, machines: Machines): Environment {
  return {
    AWS_REGION: Aws.REGION,
    ...tablesAndBucket(storage),
    ...storage.snapshotKey.environment,
    ECS_CLUSTER: machines.clusterName,
    ECS_TASK_DEFINITION: names.family,
    TASK_CPU: String(options.task.cpu),
    TASK_MEMORY: String(options.task.memory),
    ...issuer(identity),
    WS_URL: web.addresses.webSocketUrl,
    WS_MANAGEMENT_URL: web.addresses.managementUrl,
    MODEL_PARAMETER: names.parameter('model'),
    ...telegramParameters(options, names),
    PAGE_URL: web.origin,
    API_URL: web.apiUrl,
    WEB_BUCKET: web.page.bucket.bucketName,
    DISTRIBUTION_ID: web.page.distribution.distributionId,
    LOG_GROUP_BRIDGE: machines.logGroup,
    TASK_DEFINITION_ARN: machines.taskDefinitionArn,
    VERSION: options.version,
  }
}

/** The type is `AppConfig` in web/src/protocol. */
function pageConfig({ model }: Options, { identity, web }: ComputeParts): object {
  return {
    issuer: identity.issuer, clientId: identity.clientId, ws: web.addresses.webSocketUrl, api: web.apiUrl, demo: false,
    model: `${model.model} (${model.provider})`,
  }
}

function refuseTooMuch(stack: Stack, known: Environment): void {
  const resolved: unknown = stack.resolve(known)
  const bytes = sizeOf(resolved)
  if (bytes > PARAMETER_BYTES) {
    throw new UnusableOption(`The parameter "deployment" would have about ${bytes} bytes, and Systems Manager takes ${PARAMETER_BYTES}: choose a shorter name.`)
  }
}

/** Of the JSON; each reference counts as the longest thing that it may stand for. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return JSON.stringify(value).length
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + sizeOf(one), 0)
  const entries = Object.entries(value as Record<string, unknown>)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === 'Fn::Join') return sizeOf((first[1] as unknown[])[1])
  if (entries.length === 1 && /^(Ref|Fn::)/.test(first?.[0] ?? '')) return REFERENCE_BYTES
  return entries.reduce((sum, [key, of]) => sum + key.length + 4 + sizeOf(of), 2)
}
