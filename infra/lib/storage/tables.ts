/**
 * The five tables, as crates/platform-aws/src/tables.rs has them. All on demand: a table that nobody uses costs nothing.
 * A grant names one operation on one table or one index; whatever is granted is asked for somewhere in the code.
 */
import { RemovalPolicy } from 'aws-cdk-lib'
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { accept } from '../nag.ts'
import type { Options } from '../options/index.ts'

type Attributes = Readonly<Record<string, 'S' | 'N'>>

interface Shape {
  readonly keys: readonly string[]
  readonly expires: boolean
  /** Point-in-time recovery. */
  readonly recovers: boolean
  readonly global?: CfnTable.GlobalSecondaryIndexProperty
  readonly local?: readonly CfnTable.LocalSecondaryIndexProperty[]
  /** Beside the keys, which are texts. */
  readonly attributes?: Attributes
}

export class Table extends Construct {
  readonly name: string
  readonly #arn: string

  constructor(scope: Construct, id: string, options: Options, shape: Shape) {
    super(scope, id)
    const table = new CfnTable(this, 'Resource', {
      tableName: `${options.name}-${id}`,
      billingMode: 'PAY_PER_REQUEST',
      keySchema: keySchema(...shape.keys),
      attributeDefinitions: definitions(shape),
      ...(shape.global && { globalSecondaryIndexes: [shape.global] }),
      ...(shape.local && { localSecondaryIndexes: [...shape.local] }),
      ...(shape.expires && { timeToLiveSpecification: { attributeName: 'ttl', enabled: true } }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: shape.recovers },
      deletionProtectionEnabled: !options.destroyData,
    })
    table.applyRemovalPolicy(options.destroyData ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN)
    this.name = table.ref
    this.#arn = table.attrArn
    if (!shape.recovers) accept(table, 'DDB3', 'What is here passes within hours or is made anew; what people said and chose is in Conversations and Settings, which recover.')
  }

  grantGet(role: IRole): void {
    this.#grant(role, 'GetItem')
  }

  grantGetMany(role: IRole): void {
    this.#grant(role, 'BatchGetItem')
  }

  grantQuery(role: IRole): void {
    this.#grant(role, 'Query')
  }

  grantQueryIndex(role: IRole, index: string): void {
    allow(role, ['dynamodb:Query'], [`${this.#arn}/index/${index}`])
  }

  grantPut(role: IRole): void {
    this.#grant(role, 'PutItem')
  }

  grantChange(role: IRole): void {
    this.#grant(role, 'UpdateItem')
  }

  grantRemove(role: IRole): void {
    this.#grant(role, 'DeleteItem')
  }

  grantRemoveMany(role: IRole): void {
    this.#grant(role, 'BatchWriteItem')
  }

  /** To make a transaction depend on a row without changing it. */
  grantCheck(role: IRole): void {
    this.#grant(role, 'ConditionCheckItem')
  }

  #grant(role: IRole, operation: string): void {
    allow(role, [`dynamodb:${operation}`], [this.#arn])
  }
}

export interface Tables {
  readonly taskState: Table
  readonly inbox: Table
  readonly conversations: Table
  readonly connections: Table
  readonly settings: Table
}

export const DUE_INDEX = 'due-index'
export const META_INDEX = 'meta-index'
export const TIME_INDEX = 'time-index'
export const USER_INDEX = 'userId-index'

export function makeTables(scope: Construct, options: Options): Tables {
  const table = (id: string, shape: Shape) => new Table(scope, id, options, shape)
  return {
    taskState: table('TaskState', {
      keys: ['PK'], expires: false, recovers: false, attributes: { dueShard: 'N', dueAt: 'N' },
      global: { indexName: DUE_INDEX, keySchema: keySchema('dueShard', 'dueAt'), projection: { projectionType: 'KEYS_ONLY' } },
    }),
    inbox: table('PendingMessages', { keys: ['PK', 'SK'], expires: true, recovers: false }),
    conversations: table('Conversations', {
      keys: ['PK', 'SK'], expires: true, recovers: true, attributes: { lastActivityAt: 'N', receivedAt: 'N' },
      local: [
        { indexName: META_INDEX, keySchema: keySchema('PK', 'lastActivityAt'), projection: { projectionType: 'ALL' } },
        { indexName: TIME_INDEX, keySchema: keySchema('PK', 'receivedAt'), projection: { projectionType: 'KEYS_ONLY' } },
      ],
    }),
    connections: table('Connections', {
      keys: ['PK'], expires: true, recovers: false, attributes: { userId: 'S' },
      global: { indexName: USER_INDEX, keySchema: keySchema('userId'), projection: { projectionType: 'ALL' } },
    }),
    settings: table('Settings', { keys: ['PK', 'SK'], expires: true, recovers: true }),
  }
}

function keySchema(...names: string[]): CfnTable.KeySchemaProperty[] {
  return names.map((attributeName, place) => ({ attributeName, keyType: place === 0 ? 'HASH' : 'RANGE' }))
}

function definitions({ keys, attributes = {} }: Shape): CfnTable.AttributeDefinitionProperty[] {
  const all = { ...Object.fromEntries(keys.map((key) => [key, 'S'])), ...attributes }
  return Object.entries(all).map(([attributeName, attributeType]) => ({ attributeName, attributeType }))
}
