/**
 * What a task is: one container, the bridge, which starts the agent. Its root is read-only; it writes into two
 * volumes, which go with the task. A new version is another revision, and old ones stay: a release goes back to them.
 */
import { Aws, Fn, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import type { Repository } from 'aws-cdk-lib/aws-ecr'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'

export const CONTAINER = 'bridge'
/** The most that ECS gives. Saving and leaving take 50 s of it (docs/operating.md). */
export const STOP_SECONDS = 120
/** The bridge keeps folders beside the agent's own (crates/bridge/src/state_dir.rs): the volume is one above it. */
const STATE_VOLUME = '/var/lib/openclaw'
const STATE_DIR = `${STATE_VOLUME}/agent`
/** Nothing in the image needs these; the bridge changes owners, and who it is for the agent. */
const DROPPED = ['AUDIT_WRITE', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT']
/** Of files that a task may have open: Node's and git's, with room. */
const OPEN_FILES = 65_536

export interface TaskParts {
  readonly images: Repository
  readonly taskRole: IRole
  readonly executionRole: IRole
  readonly logGroup: LogGroup
  readonly environment: Readonly<Record<string, string>>
}

export function taskDefinition(stack: Stack, options: Options, names: Names, parts: TaskParts): CfnTaskDefinition {
  const definition = new CfnTaskDefinition(stack, 'Task', {
    family: names.family,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
    cpu: String(options.task.cpu),
    memory: String(options.task.memory),
    taskRoleArn: parts.taskRole.roleArn,
    executionRoleArn: parts.executionRole.roleArn,
    volumes: [{ name: 'state' }, { name: 'tmp' }],
    containerDefinitions: [container(options, parts)],
  })
  definition.applyRemovalPolicy(RemovalPolicy.DESTROY)
  definition.cfnOptions.updateReplacePolicy = RETAIN
  accept(definition, 'ECS2', 'Addresses, names and limits, and nothing secret: keys are read from Systems Manager by name, by the bridge alone.')
  return definition
}

const RETAIN = 'Retain' as NonNullable<CfnTaskDefinition['cfnOptions']['updateReplacePolicy']>

function container(options: Options, parts: TaskParts): CfnTaskDefinition.ContainerDefinitionProperty {
  return {
    name: CONTAINER,
    image: imageUri(options, parts.images),
    essential: true,
    readonlyRootFilesystem: true,
    stopTimeout: STOP_SECONDS,
    // The bridge is the first process, and takes in orphans itself.
    linuxParameters: { initProcessEnabled: false, capabilities: { drop: DROPPED } },
    ulimits: [{ name: 'nofile', softLimit: OPEN_FILES, hardLimit: OPEN_FILES }],
    mountPoints: [
      { sourceVolume: 'state', containerPath: STATE_VOLUME, readOnly: false },
      { sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false },
    ],
    healthCheck: { command: ['CMD', '/usr/local/bin/bridge', 'health'], interval: 30, timeout: 5, retries: 3, startPeriod: 300 },
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': parts.logGroup.logGroupName, 'awslogs-region': Aws.REGION, 'awslogs-stream-prefix': CONTAINER,
        mode: 'non-blocking', 'max-buffer-size': '4m',
      },
    },
    environment: Object.entries({ ...parts.environment, STATE_DIR, STOP_GRACE_SECONDS: String(STOP_SECONDS) }).map(([name, value]) => ({ name, value })),
  }
}

/** By digest: what was tried is what runs. Without IPv4 the registry is reached by its other name. */
function imageUri({ imageDigest, network }: Options, images: Repository): string {
  if (network === 'public-ipv4') return `${images.repositoryUri}@${imageDigest}`
  const host = Fn.join('', [Aws.ACCOUNT_ID, '.dkr-ecr.', Aws.REGION, '.on.aws'])
  return `${host}/${images.repositoryName}@${imageDigest}`
}
