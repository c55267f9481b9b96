/** The machines: a cluster that is only a name, what a task is made of, and what our own tools must know of all this. */
import { Aws, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { CfnCluster } from 'aws-cdk-lib/aws-ecs'
import type { IRole, Role } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import type { Identity } from '../identity/identity.ts'
import { accept } from '../nag.ts'
import { arn, type Names } from '../names.ts'
import type { Network } from '../network/network.ts'
import type { Options } from '../options/index.ts'
import type { Storage } from '../storage/storage.ts'
import type { Web } from '../web/web.ts'
import { deploymentParameter } from './deployment.ts'
import { taskEnvironment } from './environment.ts'
import { modelSettings } from './model.ts'
import { executionRole, taskRole } from './roles.ts'
import { taskDefinition } from './task.ts'

export interface ComputeParts {
  readonly network: Network
  readonly storage: Storage
  readonly identity: Identity
  readonly web: Web
}

export class Compute extends Stack {
  readonly clusterArn: string
  readonly clusterName: string
  readonly logGroup: LogGroup
  readonly #names: Names
  readonly #passed: Role[]

  constructor(scope: Construct, id: string, options: Options, names: Names, parts: ComputeParts, props: StackProps) {
    super(scope, id, props)
    this.#names = names
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: names.cluster,
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      clusterSettings: [{ name: 'containerInsights', value: 'disabled' }],
    })
    accept(cluster, 'ECS4', 'Container Insights makes a dozen metrics of each task, at 30 cents a month each; the bridge counts what matters.')
    this.clusterName = cluster.ref
    this.clusterArn = cluster.attrArn
    this.logGroup = new LogGroup(this, 'Log', {
      logGroupName: names.logGroup('bridge'), retention: options.logDays, removalPolicy: RemovalPolicy.DESTROY,
    })
    const roles = { taskRole: taskRole(this, options, names, parts.storage, parts.web.addresses), executionRole: executionRole(this, parts.storage, this.logGroup) }
    this.#passed = Object.values(roles)
    const definition = taskDefinition(this, options, names, {
      ...roles, images: parts.storage.images, logGroup: this.logGroup, environment: taskEnvironment(options, names, parts),
    })
    new StringParameter(this, 'Model', {
      parameterName: names.parameter('model'),
      description: 'Which model answers; read by the bridge at each wake-up',
      stringValue: this.toJsonString(modelSettings(options.model, names)),
    })
    deploymentParameter(this, options, names, parts, { clusterName: this.clusterName, taskDefinitionArn: definition.ref, logGroup: this.logGroup.logGroupName })
  }

  /** To launch tasks of this deployment, in its cluster, and no others. */
  grantRun(role: IRole): void {
    allow(role, ['ecs:RunTask'], [arn('ecs', `task-definition/${this.#names.family}:*`)], this.#here())
    allow(role, ['iam:PassRole'], this.#passed.map((passed) => passed.roleArn), {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    })
  }

  grantStop(role: IRole): void {
    allow(role, ['ecs:StopTask'], [this.#tasks()], this.#here())
  }

  grantDescribe(role: IRole): void {
    allow(role, ['ecs:DescribeTasks'], [this.#tasks()], this.#here())
  }

  /** ECS asks for a star here, and looks at the condition. */
  grantList(role: IRole): void {
    allow(role, ['ecs:ListTasks'], ['*'], this.#here())
  }

  #tasks(): string {
    return `arn:${Aws.PARTITION}:ecs:${Aws.REGION}:${Aws.ACCOUNT_ID}:task/${this.clusterName}/*`
  }

  #here() {
    return { ArnEquals: { 'ecs:cluster': this.clusterArn } }
  }
}
