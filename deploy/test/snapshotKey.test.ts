import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../src/errors.ts'
import { secrets } from '../src/secrets/command.ts'
import { ensureSnapshotKey } from '../src/secrets/snapshotKey.ts'
import { Account, type Answers, named } from './account.ts'
import { testWorld } from './world.ts'

const NAME = '/openclaw/snapshot-key'

function worldWith(account: Account, answers: Answers = {}, snapshotKey = 'parameter') {
  return testWorld({ answers: { ...account.answers, ...answers }, context: { snapshotKey } })
}

const ringOf = (account: Account) => JSON.parse(account.parameters.get(NAME)?.value ?? '{}')

describe('the key of the snapshots', () => {
  test('is made once, as the bridge reads it, and then left alone', async () => {
    const account = new Account()
    const world = worldWith(account)
    assert.equal(await ensureSnapshotKey(world), `${NAME} is made`)
    const { version, keys } = ringOf(account)
    assert.equal(version, 1)
    assert.match(keys[0].id, /^[0-9a-f]{16}$/)
    assert.equal(Buffer.from(keys[0].key, 'base64url').length, 32)
    assert.equal(account.parameters.get(NAME)?.type, 'SecureString')
    assert.equal(world.calls.find(({ name }) => name === 'PutParameter')?.input['Overwrite'], false)
    assert.equal(await ensureSnapshotKey(world), `${NAME} is there`)
    assert.ok(!world.calls.some(({ name }) => name === 'GetParameter'), 'who deploys need not read it')
    assert.deepEqual(ringOf(account).keys, keys)
  })

  test('is not made where KMS has one', async () => {
    const account = new Account()
    assert.match(await ensureSnapshotKey(worldWith(account, {}, 'kms')), /a KMS key/)
    assert.ok(!account.parameters.has(NAME))
  })

  const refuses = (account: Account, snapshotKey: string, words: RegExp) =>
    assert.rejects(ensureSnapshotKey(worldWith(account, {}, snapshotKey)), (error) => error instanceof Refusal && words.test(error.message))

  test('is not made anew beside snapshots that another one wrapped', async () => {
    const account = new Account()
    account.objects.set('snapshot-keys/ana.json', { type: '', cache: '' })
    await refuses(account, 'parameter', /is missing, but there are snapshots/)
    assert.ok(!account.parameters.has(NAME))
  })

  test('does not give way to KMS beside snapshots that it wrapped', async () => {
    const account = new Account()
    await ensureSnapshotKey(worldWith(account))
    account.objects.set('snapshot-keys/ana.json', { type: '', cache: '' })
    await refuses(account, 'kms', /set "snapshotKey": "parameter"/)
    assert.ok(account.parameters.has(NAME))
    account.objects.clear()
    assert.match(await ensureSnapshotKey(worldWith(account, {}, 'kms')), /which wrapped none, is deleted/)
    assert.ok(!account.parameters.has(NAME))
  })

  for (const operation of ['DescribeParameters', 'ListObjectsV2']) {
    test(`is not made when ${operation} fails: that is not "none"`, async () => {
      const account = new Account()
      const broken = () => {
        throw named('AccessDeniedException')
      }
      await assert.rejects(ensureSnapshotKey(worldWith(account, { [operation]: broken })), /AccessDenied/)
      assert.equal(account.parameters.size, 0)
    })
  }
})

describe('make secrets SECRET=snapshot-key', () => {
  const wanted = (more: object) => ({ secret: 'snapshot-key', generate: false, remove: false, ...more })

  test('puts a newer key before the older ones, and shows none of them', async () => {
    const account = new Account()
    const world = testWorld({ answers: account.answers })
    await ensureSnapshotKey(world)
    const [first] = ringOf(account).keys
    await secrets(world, wanted({ generate: true }))
    const { keys } = ringOf(account)
    assert.deepEqual(keys[1], first)
    assert.match(world.terminal.text, new RegExp(`key ${keys[0].id} wraps from now on.*keys rewrap --all`))
    for (const { key } of keys) assert.ok(!world.terminal.text.includes(key))
  })

  test('neither replaces nor quotes one that is damaged', async () => {
    const account = new Account()
    account.parameters.set(NAME, { value: '{"secret', type: 'SecureString', at: new Date(0) })
    const world = testWorld({ answers: account.answers })
    const adding = secrets(world, wanted({ generate: true }))
    await assert.rejects(adding, (error: Error) => /is damaged/.test(error.message) && !error.message.includes('secret"'))
    assert.equal(account.parameters.get(NAME)?.value, '{"secret')
  })

  test('types none, and removes none', async () => {
    const world = testWorld({ answers: new Account().answers })
    await assert.rejects(secrets(world, wanted({})), /never typed/)
    await assert.rejects(secrets(world, wanted({ remove: true })), /nobody reads the snapshots again/)
    await assert.rejects(secrets(world, wanted({ generate: true })), /There is no \/openclaw\/snapshot-key/)
  })
})
