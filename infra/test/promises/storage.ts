import assert from 'node:assert/strict'
import type { Json, Resource, Templates } from '../templates.ts'
import { every, none, type Promise } from './promise.ts'
import { sure } from '../sure.ts'

const TABLE = 'AWS::DynamoDB::Table'
/** Keys, then of each index its name and its keys: crates/platform-aws/src/tables.rs. */
const SHAPES = {
  Connections: ['PK', { 'userId-index': 'userId ALL' }],
  Conversations: ['PK SK', { 'meta-index': 'PK lastActivityAt ALL', 'time-index': 'PK receivedAt KEYS_ONLY' }],
  PendingMessages: ['PK SK', {}],
  Settings: ['PK SK', {}],
  TaskState: ['PK', { 'due-index': 'dueShard dueAt KEYS_ONLY' }],
}

const EXPIRE = ['Connections', 'Conversations', 'PendingMessages', 'Settings']
const RECOVER = ['Conversations', 'Settings']

const tables = (all: Templates) => all.all(TABLE)
const table = (all: Templates, name: string) => all.one(TABLE, name)
const nameOf = ({ properties }: Resource) => properties.TableName.replace('openclaw-', '') as string
const keys = (schema: Json) => schema.map((key: Json) => key.AttributeName).join(' ')
const indexes = ({ properties }: Resource): Json[] => [...(properties.GlobalSecondaryIndexes ?? []), ...(properties.LocalSecondaryIndexes ?? [])]
const data = (all: Templates) => all.one('AWS::S3::Bucket', 'DataBucket')

export const STORAGE: readonly Promise[] = [
  {
    says: 'every table is on demand',
    holds: (all) => every(tables(all), ({ properties }) => assert.deepEqual([properties.BillingMode, properties.ProvisionedThroughput], ['PAY_PER_REQUEST', undefined])),
    breaks: (all) => { table(all, 'Settings').properties.BillingMode = 'PROVISIONED' },
  },
  {
    says: 'the tables and indexes are those of the code',
    holds: (all) => {
      const found = tables(all).map((one) => [nameOf(one), [keys(one.properties.KeySchema), Object.fromEntries(indexes(one).map((index) =>
        [index.IndexName, `${keys(index.KeySchema)} ${index.Projection.ProjectionType}`]))]])
      assert.deepEqual(Object.fromEntries(found), SHAPES)
    },
    breaks: (all) => { table(all, 'TaskState').properties.GlobalSecondaryIndexes[0].IndexName = 'due' },
  },
  {
    says: 'every key of a table and an index is declared, and nothing else is',
    holds: (all) => every(tables(all), (one) => {
      const used = [one.properties.KeySchema, ...indexes(one).map((index) => index.KeySchema)].flat().map((key: Json) => key.AttributeName)
      const declared = one.properties.AttributeDefinitions.map((attribute: Json) => attribute.AttributeName)
      assert.deepEqual([...new Set(used)].toSorted(), [...declared].toSorted())
    }),
    breaks: (all) => { table(all, 'TaskState').properties.AttributeDefinitions.pop() },
  },
  {
    says: 'rows expire by `ttl`, but for task states',
    holds: (all) => {
      const expire = tables(all).filter(({ properties }) => properties.TimeToLiveSpecification?.Enabled === true)
      assert.deepEqual(expire.map(nameOf).toSorted(), EXPIRE)
      every(expire, ({ properties }) => assert.equal(properties.TimeToLiveSpecification.AttributeName, 'ttl'))
    },
    breaks: (all) => { delete table(all, 'Settings').properties.TimeToLiveSpecification.AttributeName },
  },
  {
    says: 'conversations and settings can be brought back to any second',
    holds: (all) => assert.deepEqual(
      tables(all).filter(({ properties }) => properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).map(nameOf).toSorted(), RECOVER),
    breaks: (all) => { table(all, 'Settings').properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled = false },
  },
  {
    says: 'no table can be deleted by mistake',
    holds: (all) => every(tables(all), ({ properties }) => assert.equal(properties.DeletionProtectionEnabled, true)),
    breaks: (all) => { table(all, 'Conversations').properties.DeletionProtectionEnabled = false },
  },
  {
    says: 'tables, data, users and the key stay when their stacks go',
    with: { snapshotKey: 'kms' },
    holds: (all) => {
      const stay = [...tables(all), data(all), all.one('AWS::KMS::Key'), all.one('AWS::Cognito::UserPool')]
      every(stay, ({ whole }) => assert.deepEqual([whole.DeletionPolicy, whole.UpdateReplacePolicy], ['Retain', 'Retain']))
      assert.equal(all.one('AWS::Cognito::UserPool').properties.DeletionProtection, 'ACTIVE')
    },
    breaks: (all) => { all.one('AWS::KMS::Key').whole.DeletionPolicy = 'Delete' },
  },
  {
    says: 'destroyData: everything goes with its stack, once somebody asks for it',
    with: { destroyData: 'on', snapshotKey: 'kms' },
    holds: (all) => {
      const go = [...tables(all), data(all), all.one('AWS::KMS::Key'), all.one('AWS::Cognito::UserPool')]
      every(go, ({ whole }) => assert.equal(whole.DeletionPolicy, 'Delete'))
      every(tables(all), ({ properties }) => assert.equal(properties.DeletionProtectionEnabled, false))
    },
    breaks: (all) => { table(all, 'Settings').properties.DeletionProtectionEnabled = true },
  },
  {
    says: 'buckets are private, encrypted and versioned, and speak TLS only',
    holds: (all) => {
      every(all.all('AWS::S3::Bucket'), ({ properties }) => {
        assert.deepEqual(Object.values(properties.PublicAccessBlockConfiguration), [true, true, true, true])
        sure(properties.BucketEncryption)
        assert.equal(properties.VersioningConfiguration.Status, 'Enabled')
      })
      every(all.all('AWS::S3::BucketPolicy'), ({ properties }) => sure(properties.PolicyDocument.Statement.some((one: Json) =>
        one.Effect === 'Deny' && one.Condition?.Bool?.['aws:SecureTransport'] === 'false')))
    },
    breaks: (all) => { data(all).properties.PublicAccessBlockConfiguration.BlockPublicPolicy = false },
  },
  {
    says: 'what passes in the bucket passes by itself: uploads, downloads, exports, versions, unfinished parts',
    holds: (all) => {
      const rules: Json[] = data(all).properties.LifecycleConfiguration.Rules
      const days = Object.fromEntries(rules.filter((rule) => rule.Prefix).map((rule) => [rule.Prefix, rule.ExpirationInDays]))
      assert.deepEqual(days, { 'uploads/': 7, 'incoming/': 7, 'downloads/': 1, 'exports/': 1, 'texts/': 14 })
      sure(rules.some((rule) => rule.NoncurrentVersionExpiration?.NoncurrentDays === 30 && rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation === 1))
    },
    breaks: (all) => { data(all).properties.LifecycleConfiguration.Rules.splice(1, 1) },
  },
  {
    says: 'the page, and no other, may send files and fetch them',
    holds: (all) => {
      const [rule, ...more] = data(all).properties.CorsConfiguration.CorsRules
      assert.deepEqual([more, all.resolved(rule.AllowedOrigins), rule.AllowedMethods], [[], ['https://PageDistribution.DomainName'], ['GET', 'POST']])
    },
    breaks: (all) => { data(all).properties.CorsConfiguration.CorsRules[0].AllowedOrigins = ['*'] },
  },
  {
    says: 'no key costs by the month unless the operator asks for one',
    holds: (all) => none(all, 'AWS::KMS::Key'),
    breaks: (all) => all.add('storage', 'Key', 'AWS::KMS::Key'),
  },
  {
    says: 'whoever opens snapshots knows by which key, and by one alone',
    holds: (all) => {
      const [container] = all.one('AWS::ECS::TaskDefinition').properties.ContainerDefinitions
      const task = Object.fromEntries(container.Environment.map(({ Name, Value }: Json) => [Name, Value]))
      const api = all.one('AWS::Lambda::Function', 'apiFunction').properties.Environment.Variables
      for (const told of [task, api]) assert.deepEqual([told.SNAPSHOT_KEY_PARAMETER, told.SNAPSHOT_KEY_ID], ['/openclaw/snapshot-key', undefined])
    },
    breaks: (all) => { all.one('AWS::Lambda::Function', 'apiFunction').properties.Environment.Variables.SNAPSHOT_KEY_ID = 'alias/x' },
  },
  {
    says: 'an image is what its tag says, and was looked through',
    holds: (all) => {
      const { properties } = all.one('AWS::ECR::Repository')
      assert.deepEqual([properties.ImageTagMutability, properties.ImageScanningConfiguration.ScanOnPush], ['IMMUTABLE', true])
    },
    breaks: (all) => { all.one('AWS::ECR::Repository').properties.ImageTagMutability = 'MUTABLE' },
  },
  {
    says: 'as many images are kept as the operator asks',
    with: { imagesKept: '3' },
    holds: (all) => {
      const { LifecyclePolicyText = '{"rules":[]}' } = all.one('AWS::ECR::Repository').properties.LifecyclePolicy ?? {}
      const { rules } = JSON.parse(LifecyclePolicyText)
      assert.deepEqual(rules.map(({ selection }: Json) => [selection.tagStatus, selection.countType, selection.countNumber]), [['any', 'imageCountMoreThan', 3]])
    },
    breaks: (all) => { delete all.one('AWS::ECR::Repository').properties.LifecyclePolicy },
  },
  {
    says: 'nothing is paid by the hour but a running task',
    holds: (all) => none(all, 'AWS::RDS::DBInstance', 'AWS::ElastiCache::CacheCluster', 'AWS::EC2::Instance', 'AWS::EC2::EIP', 'AWS::EFS::FileSystem', 'AWS::Lambda::CapacityProvider', 'AWS::ApplicationAutoScaling::ScalableTarget'),
    breaks: (all) => all.add('storage', 'Scaled', 'AWS::ApplicationAutoScaling::ScalableTarget'),
  },
]
