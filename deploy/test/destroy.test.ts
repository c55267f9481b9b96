import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { destroy } from '../src/destroy/command.ts'
import { emptyBucket } from '../src/destroy/empty.ts'
import { Refusal } from '../src/errors.ts'
import { Machine } from './machine.ts'
import { fakeAws } from './account.ts'
import { failing, type Setting, type TestWorld, testWorld } from './world.ts'

const NEVER = new Promise<never>(() => {})
const KEPT = ['openclaw-web', 'openclaw-storage', 'openclaw-identity']
const CHANGES = ['DeleteStack', 'DeleteObjects', 'DeleteParameter', 'StopTask']

let machine: Machine
beforeEach(() => {
  machine = new Machine()
  machine.programs['cdk deploy --all']?.([], {})
  machine.account.objects.set('snapshots/ana/1', { type: '', cache: '' })
  machine.account.tasks.push('arn:task/1')
})
afterEach(() => machine.remove())

function worldOf(more: Setting = {}): TestWorld {
  return testWorld({ root: machine.root, programs: machine.programs, answers: machine.account.answers, ...more })
}

function untouched(world: TestWorld): void {
  assert.deepEqual(world.calls.filter(({ name }) => CHANGES.includes(name)), [])
  assert.deepEqual(world.shell.ran, [])
}

describe('destroy refuses', () => {
  const refused = (words: RegExp, setting: Setting, wanted: object, change: (world: TestWorld) => void = () => {}) => async () => {
    const world = worldOf(setting)
    change(world)
    await assert.rejects(destroy(world, { deleteData: false, ...wanted }, NEVER), (error) => error instanceof Refusal && words.test(error.message))
    untouched(world)
  }
  const alone = (world: TestWorld) => {
    world.terminal.isInteractive = false
    world.yes = true
  }
  test('another name', refused(/not its name/, { typed: ['openclaws'] }, {}))
  test('a "yes" in place of the name', refused(/not its name/, { typed: ['yes'] }, { deleteData: true }))
  test('YES=1 alone', refused(/CONFIRM=openclaw/, {}, { deleteData: true }, alone))
  test('another name beside it', refused(/CONFIRM=openclaw/, {}, { deleteData: true, confirm: 'other' }, alone))
  test('what is not there', async () => {
    machine.account.stacks.clear()
    await assert.rejects(destroy(worldOf(), { deleteData: false }, NEVER), /There is nothing named "openclaw"/)
  })
})

describe('destroy without DATA', () => {
  test('says what stays, removes what runs, and keeps every file and every secret', async () => {
    machine.account.parameters.set('/openclaw/model-key', { value: 'k', type: 'SecureString', at: new Date(0) })
    const world = worldOf({ typed: ['openclaw'] })
    await destroy(world, { deleteData: false }, NEVER)
    assert.deepEqual([...machine.account.stacks.keys()].sort(), KEPT.toSorted())
    assert.ok(machine.account.objects.has('snapshots/ana/1'))
    assert.ok(machine.account.parameters.has('/openclaw/model-key'))
    assert.deepEqual(machine.account.tasks, [])
    assert.match(world.terminal.text, /This stays[\s\S]*openclaw-web, openclaw-storage, openclaw-identity/)
    assert.match(world.terminal.text, /DATA=delete/)
  })

  test('deletes in the opposite order of a deploy, and the cluster only when nothing runs in it', async () => {
    const world = worldOf({ typed: ['openclaw'] })
    await destroy(world, { deleteData: false }, NEVER)
    const order = world.calls.flatMap(({ name, input }) => (name === 'DeleteStack' ? [input['StackName']] : name === 'StopTask' ? ['stop'] : []))
    assert.deepEqual(order, ['openclaw-monitoring', 'openclaw-api', 'stop', 'openclaw-compute', 'openclaw-network'])
  })

  const withBot = () => {
    machine.account.parameters.set('/openclaw/deployment', { value: '{"TELEGRAM_TOKEN_PARAMETER":"x"}', type: 'String', at: new Date(0) })
    machine.account.parameters.set('/openclaw/telegram-token', { value: 'k', type: 'SecureString', at: new Date(0) })
  }

  test('does not wait for a bot that cannot be taken off', async () => {
    withBot()
    const programs = { ...machine.programs, 'telegram delete': failing('401') }
    const world = worldOf({ typed: ['openclaw'], programs })
    await destroy(world, { deleteData: false }, NEVER)
    assert.match(world.terminal.text, /the bot still has its webhook/)
    assert.ok(!machine.account.stacks.has('openclaw-api'))
  })

  test('takes a bot off first', async () => {
    withBot()
    const world = worldOf({ typed: ['openclaw'] })
    await destroy(world, { deleteData: false }, NEVER)
    assert.match(world.shell.ran[0] ?? '', /ops --deployment openclaw telegram delete/)
  })

  test('goes on where it broke off', async () => {
    const answers = machine.account.answers
    const DeleteStack = ({ StackName }: { StackName: string }) => {
      if (StackName === 'openclaw-compute') throw new Error('ClusterContainsTasksException')
      return answers['DeleteStack']?.({ StackName })
    }
    const broken = worldOf({ typed: ['openclaw'], answers: { ...answers, DeleteStack } })
    await assert.rejects(destroy(broken, { deleteData: false }, NEVER), /Delete openclaw-compute failed[\s\S]*To go on: make destroy NAME=openclaw REGION=us-east-1\./)
    await destroy(worldOf({ typed: ['openclaw'] }), { deleteData: false }, NEVER)
    assert.deepEqual([...machine.account.stacks.keys()].sort(), KEPT.toSorted())
  })
})

describe('destroy with DATA=delete', () => {
  test('leaves nothing: no stack, no file, no secret', async () => {
    machine.account.parameters.set('/openclaw/model-key', { value: 'k', type: 'SecureString', at: new Date(0) })
    const world = worldOf({ typed: ['openclaw'] })
    await destroy(world, { deleteData: true }, NEVER)
    assert.equal(machine.account.stacks.size, 0)
    assert.equal(machine.account.objects.size, 0)
    assert.ok(!machine.account.parameters.has('/openclaw/model-key'))
    assert.match(world.terminal.text, /EVERYTHING of "openclaw"/)
  })

  test('takes the protection away by the template, of these two stacks only, and empties before it deletes', async () => {
    const world = worldOf({ typed: ['openclaw'] })
    await destroy(world, { deleteData: true }, NEVER)
    assert.ok(world.shell.ran.some((line) => /synth .*-c destroyData=true/.test(line)))
    assert.ok(world.shell.ran.some((line) => /deploy openclaw-storage openclaw-identity .*--exclusively/.test(line)))
    const names = world.calls.map(({ name, input }) => (name === 'DeleteStack' ? String(input['StackName']) : name))
    assert.ok(names.indexOf('DeleteObjects') < names.indexOf('openclaw-storage'))
    const buckets = world.calls.filter(({ name }) => name === 'ListObjectVersions').map(({ input }) => input['Bucket'])
    assert.ok(buckets.includes('openclaw-data-123456789012-us-east-1') && buckets.includes('page-files'))
  })
})

test('a bucket that cannot be emptied is said, and not tried for ever', async () => {
  const { aws } = fakeAws({
    ListObjectVersions: () => ({ Versions: [{ Key: 'a', VersionId: '1' }] }),
    DeleteObjects: () => ({ Errors: [{ Key: 'a', Code: 'AccessDenied' }] }),
  })
  await assert.rejects(emptyBucket(aws, 'b'), /b: a cannot be deleted \(AccessDenied\)/)
})
