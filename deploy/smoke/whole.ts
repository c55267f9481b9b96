/**
 * A whole `make deploy`, another one, and a `make destroy DATA=delete`, with the real CDK against ministack. What needs a
 * compiler or Docker is left out, and of the templates what ministack refuses; steps, clients and CDK are the real ones.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PutImageCommand } from '@aws-sdk/client-ecr'
import { ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { HeadObjectCommand, ListBucketsCommand } from '@aws-sdk/client-s3'
import { awsClients, credentialVariables } from '../src/aws.ts'
import { deploy } from '../src/deploy/command.ts'
import { needDescription } from '../src/description.ts'
import { destroy } from '../src/destroy/command.ts'
import { askOps } from '../src/ops.ts'
import type { Release } from '../src/release.ts'
import { type RunOptions, RealShell, type Shell } from '../src/shell.ts'
import { existingStacks } from '../src/stacks.ts'
import { Machine } from '../test/machine.ts'
import { TestShell, testWorld } from '../test/world.ts'
import { startMinistack } from './ministack.ts'
import { withoutRefused } from './templates.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const REGION = 'us-east-1'
/** A real operator's tool, if there is one: OPS=target/debug/ops. */
const OPS = process.env['OPS'] && join(ROOT, process.env['OPS'])
const NEVER = new Promise<never>(() => {})
const WANTED = { share: 25, newImage: false, email: 'ana@example.com' }

const ministack = await startMinistack(ROOT)
const cdkHome = mkdtempSync(join(tmpdir(), 'cdk-home-'))
const endpoint = { AWS_ENDPOINT_URL: ministack?.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION }
Object.assign(process.env, endpoint, { CDK_HOME: cdkHome })
const aws = awsClients(REGION, ministack?.url)
const machine = new Machine()
for (const folder of ['infra', 'scripts', 'container']) symlinkSync(join(ROOT, folder), join(machine.root, folder))

/** CDK for real, the rest of this machine as in the tests. */
class SmokeShell implements Shell {
  readonly #real = new RealShell()
  readonly #rest = new TestShell({ ...machine.programs, 'make --no-print-directory image': (command) => void this.pushed.push(command) })
  readonly pushed: string[][] = []

  async run(command: string[], options?: RunOptions): Promise<void> {
    if (command.some((word) => /(^|\/)cdk$/.test(word))) {
      await this.#real.read(command, options)
      const output = command[command.indexOf('--output') + 1]
      if (command.includes('synth') && output) withoutRefused(join(ROOT, 'infra', output))
      return
    }
    await this.read(command, options)
    if (command.includes('image')) await pushImage(command)
  }

  async read(command: string[], options?: RunOptions): Promise<string> {
    if (OPS && command[0]?.endsWith('release/ops')) return this.#real.read([OPS, ...command.slice(1)], options)
    return this.#rest.read(command, options)
  }
}

async function pushImage(command: string[]): Promise<void> {
  const imageTag = command.find((word) => word.startsWith('IMAGE='))?.split(':').at(-1)
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', tag: imageTag })
  await aws.ecr.send(new PutImageCommand({ repositoryName: 'openclaw', imageTag, imageManifest }))
}

const shell = new SmokeShell()
// Its Bedrock knows no model.
const context = { lambdaDir: 'test/placeholders', modelProvider: 'openai' }
function world() {
  const made = { ...testWorld({ root: machine.root, context, typed: ['openclaw'] }), aws, shell, yes: true, now: () => new Date() }
  made.credentials = () => credentialVariables(aws)
  made.terminal.say = (line = '') => console.log(line)
  return made
}

test('a whole deploy, the next one, and everything away', { skip: ministack ? false : 'there is no Python' }, async () => {
  const it = world()
  await deploy(it, WANTED, NEVER)
  const description = await needDescription(aws, it.deployment)
  assert.equal((await existingStacks(aws, it.deployment)).length, 7)
  await aws.s3.send(new HeadObjectCommand({ Bucket: description['WEB_BUCKET'], Key: 'config.json' }))
  const { Users = [] } = await aws.cognito.send(new ListUsersCommand({ UserPoolId: description['USER_POOL_ID'] }))
  assert.equal(Users.length, 1)
  const release = await askOps<Release>(it, ['release', 'show'])
  assert.equal(release.current, description['TASK_DEFINITION_ARN'])

  await deploy(world(), WANTED, NEVER)
  assert.equal(shell.pushed.length, 1, 'the same sources need no other image')

  await destroy(world(), { deleteData: true }, NEVER)
  assert.deepEqual(await existingStacks(aws, it.deployment), [])
  const { Buckets = [] } = await aws.s3.send(new ListBucketsCommand({}))
  assert.deepEqual(Buckets.filter(({ Name }) => Name?.startsWith('openclaw')), [])
})

test('it ends', () => {
  ministack?.stop()
  machine.remove()
  rmSync(cdkHome, { recursive: true, force: true })
})
