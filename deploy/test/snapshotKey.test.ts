import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../src/errors.ts'
import { secrets } from '../src/secrets/command.ts'
import { ensureSnapshotKey } from '../src/secrets/snapshotKey.ts'
import { Account, fakeAws, named } from './account.ts'
import { testWorld } from './world.ts'

const NAME = '/openclaw/snapshot-key'
const DESCRIPTION = { SNAPSHOT_KEY_PARAMETER: NAME, DATA_BUCKET: 'data' }

const ringOf = (account: Account) => JSON.parse(account.parameters.get(NAME)?.value ?? '{}')

describe('the key of the snapshots', () => {
  test('is made once, as the bridge reads it, and then left alone', async () => {
    const account = new Account()
    const { aws, calls } = fakeAws(account.answers)
    assert.equal(await ensureSnapshotKey(aws, DESCRIPTION), `${NAME} is made`)
    const { version, keys } = ringOf(account)
    assert.equal(version, 1)
    assert.match(keys[0].id, /^[0-9a-f]{16}$/)
    assert.equal(Buffer.from(keys[0].key, 'base64url').length, 32)
    assert.equal(account.parameters.get(NAME)?.type, 'SecureString')
    assert.equal(calls.find(({ name }) => name === 'PutParameter')?.input['Overwrite'], false)
    assert.equal(await ensureSnapshotKey(aws, DESCRIPTION), `${NAME} is there`)
    assert.ok(!calls.some(({ name }) => name === 'GetParameter'), 'who deploys need not read it')
    assert.deepEqual(ringOf(account).keys, keys)
  })

  test('is not made where KMS has one', async () => {
    const { aws, calls } = fakeAws({})
    assert.match(await ensureSnapshotKey(aws, { SNAPSHOT_KEY_ID: 'x' }), /a KMS key/)
    assert.deepEqual(calls, [])
  })

  test('is not made anew beside snapshots that another one wrapped', async () => {
    const account = new Account()
    account.objects.set('snapshot-keys/ana.json', { type: '', cache: '' })
    const { aws } = fakeAws(account.answers)
    await assert.rejects(ensureSnapshotKey(aws, DESCRIPTION), (error) => error instanceof Refusal && /is missing, but there are snapshots/.test(error.message))
    assert.ok(!account.parameters.has(NAME))
  })

  for (const operation of ['DescribeParameters', 'ListObjectsV2']) {
    test(`is not made when ${operation} fails: that is not "none"`, async () => {
      const account = new Account()
      const broken = () => {
        throw named('AccessDeniedException')
      }
      const { aws } = fakeAws({ ...account.answers, [operation]: broken })
      await assert.rejects(ensureSnapshotKey(aws, DESCRIPTION), /AccessDenied/)
      assert.equal(account.parameters.size, 0)
    })
  }
})

describe('make secrets SECRET=snapshot-key', () => {
  const wanted = (more: object) => ({ secret: 'snapshot-key', generate: false, remove: false, ...more })

  test('puts a newer key before the older ones, and shows none of them', async () => {
    const account = new Account()
    const world = testWorld({ answers: account.answers })
    await ensureSnapshotKey(world.aws, DESCRIPTION)
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
