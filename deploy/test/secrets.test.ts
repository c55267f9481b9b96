import assert from 'node:assert/strict'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'node:test'
import { Refusal } from '../src/errors.ts'
import { secrets } from '../src/secrets/command.ts'
import { checked, makeWebhookSecret } from '../src/secrets/kinds.ts'
import { StreamTerminal } from '../src/terminal.ts'
import { Account } from './account.ts'
import { type Setting, type TestWorld, testWorld } from './world.ts'

const KEY = 'sk-ant-0123456789-do-not-show-me'
const TOKEN = `123456:${'A'.repeat(35)}`
const HERE = dirname(fileURLToPath(import.meta.url))

function worldWith(setting: Setting = {}): { world: TestWorld; account: Account } {
  const account = new Account()
  return { account, world: testWorld({ answers: account.answers, ...setting }) }
}

const one = (secret: string, more = {}) => ({ secret, generate: false, remove: false, ...more })
const all = { generate: false, remove: false }

/** What anybody could see of it: the screen, arguments and environment of other programs. */
function nowhereSeen(world: TestWorld, value: string): void {
  const seen = JSON.stringify([world.terminal.lines, world.shell.ran, world.shell.options])
  assert.ok(!seen.includes(value), 'a secret was shown')
}

describe('a value', () => {
  test('comes by a pipe, goes into a SecureString, and is never seen', async () => {
    const { world, account } = worldWith()
    world.terminal.isInteractive = false
    world.terminal.piped = `${KEY}\n`
    await secrets(world, one('model-key'))
    assert.deepEqual(account.parameters.get('/openclaw/model-key'), { value: KEY, type: 'SecureString', at: new Date(0) })
    const put = world.calls.find(({ name }) => name === 'PutParameter')
    assert.equal(put?.input['Overwrite'], true)
    assert.match(world.terminal.text, /at its next wake-up/)
    nowhereSeen(world, KEY)
  })

  test('is typed, one after the other, and Enter leaves what is there', async () => {
    const { world, account } = worldWith({ typed: [KEY, '', ''] })
    account.parameters.set('/openclaw/telegram-token', { value: TOKEN, type: 'SecureString', at: new Date('2026-11-01T10:00:00Z') })
    await secrets(world, all)
    assert.equal(account.parameters.get('/openclaw/model-key')?.value, KEY)
    assert.match(world.terminal.text, /telegram-token {3}there, last changed 2026-11-01 10:00 UTC/)
    assert.match(world.terminal.text, /telegram-secret {2}not there/)
    nowhereSeen(world, KEY)
    nowhereSeen(world, TOKEN)
  })

  test('of the wrong shape is refused without being shown, and asked for again', async () => {
    const { world, account } = worldWith({ typed: ['', 'not-a-token', TOKEN, ''] })
    await secrets(world, all)
    assert.equal(account.parameters.get('/openclaw/telegram-token')?.value, TOKEN)
    assert.match(world.terminal.text, /That is no telegram-token.*what came has 11 characters/)
    nowhereSeen(world, 'not-a-token')
  })

  for (const [kind, value] of [
    ['model-key', 'has spaces in it'],
    ['model-key', 'short'],
    ['telegram-token', `123456:${'A'.repeat(34)}`],
    ['telegram-secret', 'with/slash'],
    ['telegram-secret', 'x'.repeat(257)],
    ['model-key', '\n'],
  ] as const) {
    test(`no ${kind}: ${JSON.stringify(value).slice(0, 30)}`, () => assert.throws(() => checked(kind, value), Refusal))
  }

  test('for the webhook can be made here, and is one that Telegram takes', async () => {
    const { world, account } = worldWith()
    world.terminal.isInteractive = false
    await secrets(world, one('telegram-secret', { generate: true }))
    const made = account.parameters.get('/openclaw/telegram-secret')?.value ?? ''
    assert.match(made, /^[0-9a-f]{64}$/)
    assert.notEqual(makeWebhookSecret(), makeWebhookSecret())
    nowhereSeen(world, made)
  })
})

describe('the command', () => {
  const refused = (wanted: Parameters<typeof secrets>[1], words: RegExp, interactive = true) => async () => {
    const { world } = worldWith()
    world.terminal.isInteractive = interactive
    await assert.rejects(secrets(world, wanted), (error) => error instanceof Refusal && words.test(error.message))
    assert.ok(!world.calls.some(({ name }) => name === 'PutParameter'))
  }
  test('knows its secrets', refused(one('password'), /There is no secret "password"/))
  test('makes no key', refused(one('model-key', { generate: true }), /Only telegram-secret/))
  test('wants to know which is to be made', refused({ generate: true, remove: false }, /Of which secret/))
  test('wants to know which comes by the pipe', refused(all, /Say SECRET=/, false))
  test('changes nothing for an empty pipe', refused(one('model-key'), /nothing was changed/i, false))

  test('deletes one when asked, and says so if there was none', async () => {
    const { world, account } = worldWith({ typed: ['y', 'y'] })
    account.parameters.set('/openclaw/model-key', { value: KEY, type: 'SecureString', at: new Date(0) })
    await secrets(world, one('model-key', { remove: true }))
    assert.equal(account.parameters.size, 0)
    await secrets(world, one('model-key', { remove: true }))
    assert.match(world.terminal.text, /is deleted\.[\s\S]*did not exist/)
  })

  test('offers to set the webhook once both are there', async () => {
    const { world, account } = worldWith({ typed: [TOKEN, 'n'] })
    account.parameters.set('/openclaw/deployment', { value: '{}', type: 'String', at: new Date(0) })
    account.parameters.set('/openclaw/telegram-secret', { value: 'x', type: 'SecureString', at: new Date(0) })
    await secrets(world, one('telegram-token'))
    assert.match(world.terminal.text, /Set the webhook now/)
  })
})

test('before the first deploy there is no webhook to set', async () => {
  const { world, account } = worldWith({ typed: [TOKEN] })
  account.parameters.set('/openclaw/telegram-secret', { value: 'x', type: 'SecureString', at: new Date(0) })
  await secrets(world, one('telegram-token'))
  assert.match(world.terminal.text, /`make deploy` sets the webhook/)
})

test('what is typed unseen is not echoed', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = new PassThrough()
  const shown: string[] = []
  output.on('data', (chunk) => shown.push(String(chunk)))
  const terminal = new StreamTerminal({ input, output })
  const asked = terminal.askUnseen('key: ')
  input.write(`${KEY}\r`)
  assert.equal(await asked, KEY)
  assert.equal(shown.join(''), 'key: \n')
})

test('the real program takes a key from a pipe, sends it to SSM and shows it nowhere', async () => {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString())
    response.setHeader('content-type', 'application/x-amz-json-1.1').end('{"Version":1,"Parameters":[]}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const args = ['--import', 'tsx', 'src/main.ts', 'secrets', '--secret', 'model-key', '--region', 'us-east-1']
    const env = { PATH: process.env['PATH'], AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'test' }
    const child = spawn(process.execPath, args, { cwd: `${HERE}/..`, env })
    let seen = ''
    child.stdout.on('data', (chunk) => (seen += chunk))
    child.stderr.on('data', (chunk) => (seen += chunk))
    child.stdin.end(KEY)
    const [code] = await once(child, 'close')
    assert.equal(code, 0, seen)
    assert.ok(bodies.some((body) => JSON.parse(body).Value === KEY))
    assert.ok(!seen.includes(KEY))
  } finally {
    server.close()
  }
})
