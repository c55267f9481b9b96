import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { invite } from '../src/deploy/firstUser.ts'
import { Refusal } from '../src/errors.ts'
import { runOps } from '../src/ops.ts'
import { rollback } from '../src/release.ts'
import { named } from './account.ts'
import { Machine } from './machine.ts'
import { failing, testWorld } from './world.ts'

let machine: Machine
beforeEach(() => {
  machine = new Machine()
})
afterEach(() => machine.remove())

describe("the operator's tool", () => {
  test('gets the sign-in by environment, and the deployment by its name', async () => {
    const world = testWorld({ root: machine.root, programs: { 'target/release/ops': () => {} } })
    await runOps(world, ['status'])
    assert.match(world.shell.ran[0] ?? '', /target\/release\/ops --deployment openclaw status$/)
    assert.deepEqual(world.shell.options[0]?.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'the-secret-key' })
  })

  test('that is not built is asked for', () =>
    assert.rejects(runOps(testWorld(), ['status']), (error) => error instanceof Refusal && /cargo build/.test(error.message)))
})

describe('a rollback', () => {
  test('is one command, and says what it does not take back', async () => {
    const world = testWorld({ root: machine.root, programs: machine.programs })
    await rollback(world)
    assert.match(world.shell.ran[0] ?? '', /release rollback$/)
    assert.match(world.terminal.text, /Lambdas, page and tables are as the last deploy left them: docs\/upgrade\.md/)
  })

  test('that cannot be says nothing of the kind', async () => {
    const world = testWorld({ root: machine.root, programs: { 'release rollback': failing('there is no version before') } })
    await assert.rejects(rollback(world), /no version before/)
    assert.equal(world.terminal.text, '')
  })
})

describe('an invitation', () => {
  test('goes out by mail, with an address that counts as proven', async () => {
    const world = testWorld({ answers: machine.account.answers })
    assert.match(await invite(world, 'pool', 'ben@example.com'), /ben@example\.com gets a mail/)
    const { input } = world.calls[0] ?? {}
    assert.deepEqual(input?.['UserAttributes'], [{ Name: 'email', Value: 'ben@example.com' }, { Name: 'email_verified', Value: 'true' }])
    assert.deepEqual(input?.['DesiredDeliveryMediums'], ['EMAIL'])
  })

  test('to somebody who is here already is none', async () => {
    const AdminCreateUser = () => {
      throw named('UsernameExistsException')
    }
    assert.match(await invite(testWorld({ answers: { AdminCreateUser } }), 'pool', 'ben@example.com'), /is a user already/)
  })

  for (const email of ['', 'ben', 'ben@home']) {
    test(`to "${email}" is refused`, () => assert.rejects(invite(testWorld(), 'pool', email), Refusal))
  }
})
