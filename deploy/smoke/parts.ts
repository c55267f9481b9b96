/**
 * The parts of a deploy that need no CloudFormation, with the real SDK against ministack: preflight, secrets, the page,
 * the first user. It answers as AWS does in these; what it does not know shows as a check that could not be made.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CreateUserPoolCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { CreateDistributionCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront'
import { CreateStackCommand } from '@aws-sdk/client-cloudformation'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm'
import { awsClients } from '../src/aws.ts'
import { firstUser } from '../src/deploy/firstUser.ts'
import { hasRepository } from '../src/deploy/image.ts'
import { uploads } from '../src/deploy/files.ts'
import { uploadPage } from '../src/deploy/page.ts'
import { emptyBucket } from '../src/destroy/empty.ts'
import { runningTasks } from '../src/destroy/tasks.ts'
import { deleteStack, existingStacks } from '../src/stacks.ts'
import { removeSecret, secretStates } from '../src/secrets/store.ts'
import { testWorld } from '../test/world.ts'
import { startMinistack } from './ministack.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const KEY = 'sk-0123456789-of-the-smoke-run'
const REGION = 'us-east-1'

const ministack = await startMinistack(ROOT)
Object.assign(process.env, { AWS_ENDPOINT_URL: ministack?.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION })
const aws = awsClients(REGION, ministack?.url)
const world = { ...testWorld({ root: ROOT }), aws, now: () => new Date() }
const put = (Name: string, value: object) => aws.ssm.send(new PutParameterCommand({ Name, Value: JSON.stringify(value), Type: 'String' }))

/** The real program, as make starts it. */
async function program(args: string[], input = ''): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], { cwd: join(ROOT, 'deploy') })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, said }
}

describe('against ministack', { skip: ministack ? false : 'there is no Python' }, () => {
  test('preflight looks at the account, and one check that fails hides none', async () => {
    const { said } = await program(['preflight', '--region', REGION])
    assert.match(said, /warning {3}AWS account: 000000000000 as arn:aws:iam::000000000000:root/)
    assert.match(said, /PROBLEM {3}CDK bootstrap: the account has none[\s\S]*cdk bootstrap aws:\/\/000000000000\/us-east-1/)
    assert.match(said, /ok {8}Name: "openclaw" is free in us-east-1/)
    assert.match(said, /Fargate Spot quota: could not be looked at: AWS answered HTTP \d+/)
    assert.match(said, /Secrets: none needed/)
  })

  test('a secret goes into a SecureString, is replaced, shown by its date only, and removed', async () => {
    for (const value of ['sk-the-first-one', KEY]) {
      const { code, said } = await program(['secrets', '--secret', 'model-key', '--region', REGION], value)
      assert.equal(code, 0, said)
      assert.ok(!said.includes(value))
    }
    const found = await aws.ssm.send(new GetParameterCommand({ Name: '/openclaw/model-key', WithDecryption: true }))
    assert.deepEqual([found.Parameter?.Type, found.Parameter?.Value], ['SecureString', KEY])
    const state = (await secretStates(aws, world.deployment)).get('model-key')
    assert.equal(state?.version, 2)
    assert.ok(state?.changedAt instanceof Date)
    assert.equal(await removeSecret(aws, world.deployment, 'model-key'), true)
    assert.equal(await removeSecret(aws, world.deployment, 'model-key'), false)
  })

  test('the page is stored with its types and times, and a second time only what keeps its name', async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'page-files' }))
    await put('/openclaw/page', { demo: false })
    const description = { WEB_BUCKET: 'page-files', DISTRIBUTION_ID: await distribution() }
    await uploadPage(world, description)
    const head = (Key: string) => aws.s3.send(new HeadObjectCommand({ Bucket: 'page-files', Key }))
    const asset = uploads(join(ROOT, 'web/dist')).find(({ key }) => key.endsWith('.js'))?.key ?? ''
    const [hashed, page, manifest] = await Promise.all([head(asset), head('index.html'), head('manifest.webmanifest')])
    assert.equal(hashed.CacheControl, 'public, max-age=31536000, immutable')
    assert.deepEqual([page.ContentType, page.CacheControl], ['text/html; charset=utf-8', 'no-cache'])
    assert.equal(manifest.ContentType, 'application/manifest+json; charset=utf-8')
    assert.match(await uploadPage(world, description), /^1\d of \d+ files were new/)
    const { InvalidationList: list } = await aws.cloudfront.send(new ListInvalidationsCommand({ DistributionId: description.DISTRIBUTION_ID }))
    assert.equal(list?.Items?.length, 2)
  })

  test('the first user is invited once', async () => {
    const pool = await aws.cognito.send(new CreateUserPoolCommand({ PoolName: 'openclaw', UsernameAttributes: ['email'] }))
    const description = { USER_POOL_ID: pool.UserPool?.Id ?? '' }
    assert.match(await firstUser(world, description, 'ana@example.com'), /gets a mail/)
    assert.match(await firstUser(world, description, 'ben@example.com'), /there are users already/)
    const { Users = [] } = await aws.cognito.send(new ListUsersCommand({ UserPoolId: description.USER_POOL_ID }))
    assert.deepEqual(Users.map(({ UserStatus }) => UserStatus), ['FORCE_CHANGE_PASSWORD'])
  })
  test('a bucket is emptied to its last version, a missing one is empty', async () => {
    const Bucket = 'openclaw-data'
    await aws.s3.send(new CreateBucketCommand({ Bucket }))
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    for (const Body of ['one', 'two']) await aws.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body }))
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
    assert.equal(await emptyBucket(aws, Bucket), 3)
    await aws.s3.send(new DeleteBucketCommand({ Bucket }))
    assert.equal(await emptyBucket(aws, Bucket), 0)
  })

  test('a stack is deleted and waited for, and what is not there is known as such', async () => {
    const StackName = world.deployment.stack('network')
    const Resources = { Word: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: 'x' } } }
    await aws.cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources }) }))
    assert.deepEqual((await existingStacks(aws, world.deployment)).map((stack) => stack.StackName), [StackName])
    await deleteStack(aws, StackName)
    assert.deepEqual(await existingStacks(aws, world.deployment), [])
    assert.deepEqual(await runningTasks(aws, 'no-such-cluster'), [])
    assert.equal(await hasRepository(world), false)
    await aws.ecr.send(new CreateRepositoryCommand({ repositoryName: 'openclaw' }))
    assert.equal(await hasRepository(world), true)
  })
})

process.on('exit', () => ministack?.stop())
test('it ends', () => ministack?.stop())

async function distribution(): Promise<string> {
  const origin = { Id: 'files', DomainName: 'page-files.s3.amazonaws.com', S3OriginConfig: { OriginAccessIdentity: '' } }
  const made = await aws.cloudfront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: 'smoke', Comment: '', Enabled: true, Origins: { Quantity: 1, Items: [origin] },
        DefaultCacheBehavior: { TargetOriginId: 'files', ViewerProtocolPolicy: 'https-only', MinTTL: 0 },
      },
    }),
  )
  return made.Distribution?.Id ?? ''
}
