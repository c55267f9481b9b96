import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { deploy } from '../src/deploy/command.ts'
import { lambdaCommand, LAMBDAS } from '../src/deploy/build.ts'
import { inSteps, type Step } from '../src/deploy/steps.ts'
import { Interrupted, Refusal } from '../src/errors.ts'
import { Machine } from './machine.ts'
import { failing, type Setting, type TestWorld, TestTerminal, testWorld } from './world.ts'

const NEVER = new Promise<never>(() => {})
const WANTED = { share: 25, newImage: false, email: 'ana@example.com' }

let machine: Machine
beforeEach(() => {
  machine = new Machine()
})
afterEach(() => machine.remove())

function worldOf(more: Setting = {}): TestWorld {
  const { programs, answers, ...rest } = more
  const world = testWorld({
    root: machine.root,
    programs: { ...programs, ...machine.programs, ...programs },
    answers: { ...machine.account.answers, ...answers },
    ...rest,
  })
  world.yes = true
  world.terminal.isInteractive = false
  return world
}

async function deployed(more: Setting = {}, wanted = WANTED): Promise<TestWorld> {
  const world = worldOf(more)
  await deploy(world, wanted, NEVER)
  return world
}

const ran = (world: TestWorld, part: string) => world.shell.ran.filter((line) => line.includes(part)).length

describe('a first deploy', () => {
  test('ends with a page, a user, an image for all, and what is next', async () => {
    const world = await deployed()
    assert.match(world.terminal.text, /Ready: https:\/\/d1\.cloudfront\.net/)
    assert.deepEqual(machine.account.users, ['ana@example.com'])
    assert.match(machine.release.current ?? '', /openclaw:1$/)
    assert.ok(machine.account.objects.has('index.html'))
    assert.match(world.terminal.text, /\[13\/13\] off \(option telegram\)/)
  })

  test('deploys what it showed: one synthesis with the digest that ECR has, used by diff and deploy', async () => {
    const world = await deployed()
    const cdk = world.shell.ran.filter((line) => line.includes('openclaw-deploy'))
    assert.equal(cdk.length, 3)
    assert.match(cdk[0] ?? '', /synth --quiet --output \S+openclaw-deploy .*-c imageDigest=sha256:1{64} -c version=v1\.2\.0 -c name=openclaw -c region=us-east-1/)
    assert.match(cdk[1] ?? '', /diff --all --app/)
    assert.match(cdk[2] ?? '', /deploy --all --app/)
  })

  test("keeps the registry's password and the account's keys out of every command line and the screen", async () => {
    const world = await deployed()
    for (const secret of ['registry-password', 'the-secret-key']) {
      assert.ok(!world.shell.ran.join('\n').includes(secret))
      assert.ok(!world.terminal.text.includes(secret))
    }
    const login = world.shell.ran.findIndex((line) => line.includes('docker login'))
    assert.equal(world.shell.options[login]?.input, 'registry-password')
  })
})

describe('the next one', () => {
  test('of the same sources changes no image and no user', async () => {
    await deployed()
    const world = await deployed()
    assert.equal(ran(world, 'make --no-print-directory image'), 0)
    assert.equal(ran(world, 'release begin'), 0)
    assert.match(world.terminal.text, /wake-ups start from already/)
    assert.match(world.terminal.text, /there are users already/)
  })

  test('with a new image gives it a share first', async () => {
    await deployed()
    machine.tree = 'something else'
    await deployed({}, { ...WANTED, share: 10 })
    assert.match(machine.release.current ?? '', /openclaw:1$/)
    assert.match(machine.release.candidate ?? '', /openclaw:2$/)
    assert.equal(machine.release.share, 10)
  })

  test('with other packages in the image has another image', async () => {
    await deployed()
    const world = await deployed({ packages: 'git' })
    assert.match(world.shell.ran.join('\n'), /make --no-print-directory image IMAGE=\S+:[0-9a-f]{12} PUSH=1 AGENT_PACKAGES=git$/m)
    assert.equal(machine.account.images.size, 2)
  })

  test('after a destroy is everybody\'s at once: what was current is deregistered', async () => {
    await deployed()
    machine.account.deregistered.add(machine.release.current ?? '')
    machine.tree = 'something else'
    const world = await deployed()
    assert.match(machine.release.current ?? '', /openclaw:2$/)
    assert.match(world.terminal.text, /because openclaw:1 is gone/)
  })

  test('does not offer again what was withdrawn', async () => {
    await deployed()
    machine.release.withdrawn = machine.release.current ?? null
    machine.release.current = 'arn:aws:ecs:us-east-1:123456789012:task-definition/openclaw:0'
    const world = await deployed()
    assert.equal(ran(world, 'release begin'), 0)
    assert.match(world.terminal.text, /openclaw:1 was withdrawn before/)
  })

  test('sets the webhook of a bot that has what it needs', async () => {
    for (const kind of ['token', 'secret']) {
      machine.account.parameters.set(`/openclaw/telegram-${kind}`, { value: 'x', type: 'SecureString', at: new Date(0) })
    }
    const world = await deployed({ context: { telegram: 'on' } })
    assert.equal(ran(world, 'telegram set https://d1.cloudfront.net/api/telegram'), 1)
  })

  test('takes the webhook from a bot that is switched off, if it is ours', async () => {
    machine.account.parameters.set('/openclaw/telegram-token', { value: 'x', type: 'SecureString', at: new Date(0) })
    const world = await deployed()
    assert.equal(ran(world, 'telegram delete --only https://d1.cloudfront.net/api/telegram'), 1)
    const at = world.shell.ran.findIndex((line) => line.includes('telegram delete'))
    assert.equal(world.shell.options[at]?.env?.['TELEGRAM_TOKEN_PARAMETER'], '/openclaw/telegram-token')
  })

  test('removes the monitoring that is no longer chosen', async () => {
    await deployed()
    await deployed({ context: { monitoring: 'none' }, programs: { 'cdk deploy --all': () => {} } })
    assert.ok(!machine.account.stacks.has('openclaw-monitoring'))
  })
})

/** Each place where it may break off, by what fails there. */
const BREAKS: [step: string, setting: Setting][] = [
  ['Look at the machine', { programs: { 'container/need-docker': failing('Start Docker.') } }],
  ['Build the Lambdas', { programs: { 'cargo-lambda lambda build': failing("error[E0463]: can't find crate for `std`") } }],
  ["Build the operator's tool", { programs: { 'cargo build': failing() } }],
  ['Build the page', { programs: { 'web/dist/index.html': failing() } }],
  ['A place for images', { programs: { 'cdk deploy openclaw-storage --app': failing('bucket exists') } }],
  ['Build and push the image', { programs: { 'make --no-print-directory image': failing('no space left') } }],
  ['Show what will change', { programs: { 'cdk diff': failing() } }],
  ['Deploy the stacks', { programs: { 'cdk deploy --all': failing('ROLLBACK_COMPLETE') } }],
  ['Upload the page', { answers: { PutObject: () => fail('SlowDown') } }],
  ['The first user', { answers: { AdminCreateUser: () => fail('LimitExceededException') } }],
  ['Offer the new image', { programs: { 'release begin': failing() } }],
  ['Telegram', { context: { telegram: 'on' }, programs: { 'telegram set': failing('chat not found') } }],
]

const fail = (message: string): never => {
  throw new Error(message)
}

describe('one that breaks off', () => {
  for (const [step, setting] of BREAKS) {
    test(`at "${step}" says what is left and how to go on, and the next one ends well`, async () => {
      for (const kind of ['token', 'secret']) {
        machine.account.parameters.set(`/openclaw/telegram-${kind}`, { value: 'x', type: 'SecureString', at: new Date(0) })
      }
      await assert.rejects(deployed(setting), (error: Error) => {
        assert.ok(error instanceof Refusal)
        assert.match(error.message, new RegExp(`Step \\[\\d+/13\\] ${step}`))
        assert.match(error.message, /What there is now: [a-z]/)
        assert.match(error.message, /To go on: make deploy NAME=openclaw REGION=us-east-1\./)
        return true
      })
      const images = machine.account.images.size
      const again = await deployed({ context: setting.context ?? {} })
      assert.match(again.terminal.text, /Ready: /)
      assert.equal(machine.account.images.size, Math.max(images, 1), 'an image was built twice')
      assert.equal(machine.account.users.length, 1)
    })
  }
})

describe('without consent', () => {
  test('nothing is deployed', async () => {
    const world = worldOf()
    world.yes = false
    await assert.rejects(deploy(world, WANTED, NEVER), /YES=1/)
    assert.equal(ran(world, 'cdk deploy'), 0)
  })
  test('nor when the answer is no, after the difference was shown', async () => {
    machine.account.repository = true
    const world = worldOf({ typed: ['n'] })
    world.yes = false
    world.terminal.isInteractive = true
    await assert.rejects(deploy(world, WANTED, NEVER), /You did not agree: nothing was changed/)
    assert.equal(ran(world, 'cdk diff'), 1)
    assert.equal(ran(world, 'cdk deploy'), 0)
  })
})

describe('steps', () => {
  const step = (title: string, run: Step['run']): Step => ({ title, usually: 'a second', left: 'half a thing.', run })
  const course = (terminal: TestTerminal, stopped = NEVER) => ({ terminal, again: 'make deploy NAME=x', now: () => new Date(0), stopped })

  test('an interrupt is told like a failure, and is no failure', async () => {
    const stops = step('Work', async () => {
      throw new Interrupted()
    })
    await assert.rejects(inSteps([stops], course(new TestTerminal())), (error: Error) => {
      assert.ok(error instanceof Interrupted)
      assert.match(error.message, /Stopped in step \[1\/1\] Work\.\nWhat there is now: half a thing\.\nTo go on: make deploy NAME=x/)
      return true
    })
  })

  test('an interrupt between two answers of AWS ends the step at once', async () => {
    const waits = step('Wait', () => new Promise(() => {}))
    await assert.rejects(inSteps([waits], course(new TestTerminal(), Promise.reject(new Interrupted()))), /Stopped in step/)
  })

  test('a step that fails is the last', async () => {
    let later = 0
    const fails = step('One', async () => fail('no'))
    const next = step('Two', async () => String(later++))
    await assert.rejects(inSteps([fails, next], course(new TestTerminal())), /One failed: no/)
    assert.equal(later, 0)
  })
})

test('the Lambdas that are built are those that the CDK app wants to see', () => {
  const wanted = readdirSync(join(dirname(fileURLToPath(import.meta.url)), '../../infra/test/placeholders'))
  assert.deepEqual(LAMBDAS.toSorted(), wanted.toSorted())
})

test('the Lambdas are built for ARM64, all of them, as the lockfile says', () => {
  const command = lambdaCommand().join(' ')
  assert.match(command, /^cargo-lambda lambda build --release --locked --arm64 --lambda-dir target\/lambda /)
  for (const crate of LAMBDAS) assert.ok(command.includes(`--package ${crate}`))
})
