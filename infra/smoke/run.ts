/**
 * `npm run smoke`: the synthesised stacks in ministack, with the real programs behind them, and a client that talks to
 * them. It finds what no template shows: a variable that a program misses, a route that leads nowhere.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CALLS, callAll } from './api.ts'
import { CRATES, deployAll, missing, uploadPrograms } from './deploy.ts'
import { Ministack } from './ministack.ts'
import { signIn } from './sign-in.ts'
import { connectAnswer, type Deployment, inboxRow, Line, readDeployment, refused, send, subjectOf } from './talk.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BINARIES = process.env['SMOKE_BINARIES'] ?? join(ROOT, 'target/debug')
const PLACEHOLDERS = fileURLToPath(new URL('../test/placeholders', import.meta.url))

const python = execFileSync(join(ROOT, 'scripts/need-ministack'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
if (python === '') {
  console.log('SKIPPED: the smoke run of infra/, because there is no Python.')
  process.exit(0)
}
const absent = missing(BINARIES)
if (absent.length > 0) {
  console.error(`The smoke run needs the programs ${absent.join(', ')} in ${BINARIES}: cargo build --locked --workspace --all-features --bins`)
  process.exit(1)
}

const began = Date.now()
const home = mkdtempSync(join(tmpdir(), 'infra-smoke-'))
const ministack = await Ministack.start(python, home)
let step = 'start'
try {
  await run()
  said(`done in ${((Date.now() - began) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(`\nThe smoke run failed at: ${step}\n${await ministack.enforce('off').then(warnings)}`)
  throw error
} finally {
  await ministack.stop()
  rmSync(home, { recursive: true, force: true })
}

async function run(): Promise<void> {
  step = 'deploy'
  await uploadPrograms(ministack, python, BINARIES, home)
  const resources = await deployAll(ministack, PLACEHOLDERS, home)
  said(`deployed 7 stacks, ${resources} resources`)
  const deployment = await readDeployment(ministack)
  await putSecrets()
  step = 'sign in'
  const token = await signIn(ministack, deployment)
  said('signed in on the pages of the user pool, by a code and PKCE')
  await connecting(deployment, token)
  // From here on each function may do what its role says, and nothing else.
  await ministack.enforce('on')
  const messageId = await overWebSocket(deployment, token)
  await theInbox(deployment, token, messageId)
  await theSchedule(token)
  await theWatchdog()
  await thePool()
  await overHttp(token)
  await theWebhook()
}

/** As `make secrets` and `make deploy` do. */
async function putSecrets(): Promise<void> {
  const secrets = { 'telegram-token': `1:${'a'.repeat(35)}`, 'telegram-secret': 'right' }
  for (const [name, Value] of Object.entries(secrets)) {
    await ministack.json('ssm', 'AmazonSSM.PutParameter', { Name: `/openclaw/${name}`, Type: 'SecureString', Value })
  }
}

async function connecting(deployment: Deployment, token: string): Promise<void> {
  step = 'the answers of $connect'
  const origin = deployment['PAGE_URL']!
  assert.equal((await connectAnswer(ministack, forged(token), origin)).status, 401)
  assert.equal((await connectAnswer(ministack, token, 'https://evil.example')).status, 403)
  assert.deepEqual(await connectAnswer(ministack, token, origin), { status: 200, protocol: 'openclaw.v1' })
  said('ws-connect answers 401 to a wrong token, 403 to a foreign page, and never echoes a token')
}

function forged(token: string): string {
  return `${token.slice(0, -8)}AAAAAAAA`
}

async function overWebSocket(deployment: Deployment, token: string): Promise<string> {
  const url = deployment['WS_MANAGEMENT_URL']!.replace(/^http/, 'ws')
  const origin = deployment['PAGE_URL']!
  step = 'connect'
  await refused(Line.open(url, forged(token), origin))
  await refused(Line.open(url, token, 'https://evil.example'))
  const line = await Line.open(url, token, origin)
  step = 'ping'
  line.say({ action: 'ping' })
  await line.hear('a pong', (frame) => frame.type === 'pong')
  step = 'sendMessage'
  const { messageId, accepted } = await send(line)
  step = 'the launch'
  await line.hear('the stages of waking up', (frame) => frame.type === 'status')
  line.close()
  said(`a client connected; its ping was answered; its message was accepted at position ${accepted.position}; a task was asked for`)
  return messageId
}

async function theInbox(deployment: Deployment, token: string, messageId: string): Promise<void> {
  step = 'the inbox'
  const row = await inboxRow(ministack, deployment['TABLE_PENDING_MESSAGES']!, subjectOf(token), messageId)
  assert.equal(row?.text?.S, 'Hello from the smoke run')
  said('the message is in the inbox')
}

async function overHttp(token: string): Promise<void> {
  step = 'the HTTP API'
  const api = await httpApi()
  const ask = async (path: string, headers: Record<string, string> = {}) => (await fetch(`${api}${path}`, { headers })).status
  assert.equal(await ask('/status'), 401)
  assert.equal(await ask('/status', { authorization: 'Bearer nonsense' }), 401)
  assert.equal(await ask('/openapi.json'), 200)
  said('the HTTP API answers 401 without a token and to a wrong one; its description is open')
  assert.deepEqual(await callAll(api, token), [])
  said(`${CALLS.length} calls of the HTTP API found everything that they need, by the function's own role`)
}

/** The page has it under its own address; CloudFront is not here. */
async function httpApi(): Promise<string> {
  const { items, Items = items } = await ministack.get('apigateway', '/v2/apis')
  const { apiId, ApiId = apiId } = Items.find((api: Record<string, string>) => (api['name'] ?? api['Name']) === 'openclaw-api')
  return `${ministack.url}/_aws/execute-api/${ApiId}/$default`
}

async function theSchedule(token: string): Promise<void> {
  step = 'scheduled-message'
  const event = { user: subjectOf(token), schedule: 'nobody-has-it', revision: 1, scheduledTime: '2026-11-22T08:00:00Z' }
  assert.deepEqual(await ministack.invoke('openclaw-scheduled-message', event), { ran: 'nothing' })
  said('an alarm without a schedule asked nothing, and was removed')
}

async function thePool(): Promise<void> {
  step = 'prewarm'
  const kept = await ministack.invoke('openclaw-prewarm', { 'detail-type': 'Scheduled Event' })
  assert.deepEqual([kept.wanted, kept.launched, kept.errors], [1, 1, 0], JSON.stringify(kept))
  said('prewarm launched the spare that was wanted')
}

/** A right secret would make it ask Telegram who the bot is. */
async function theWebhook(): Promise<void> {
  step = 'the webhook'
  const headers = { 'x-telegram-bot-api-secret-token': 'wrong' }
  const answer = await fetch(`${await httpApi()}/telegram`, { method: 'POST', headers, body: '{}' })
  assert.equal(answer.status, 403, await answer.text())
  said('the webhook read its secret and refused a wrong one with 403')
}

async function theWatchdog(): Promise<void> {
  step = 'the watchdog'
  const swept = await ministack.invoke('openclaw-watchdog', { 'detail-type': 'Scheduled Event' })
  assert.equal(swept.errors, 0, JSON.stringify(swept))
  said('the watchdog looked, and had no errors')
}

function said(what: string): void {
  console.log(`  ${what}`)
}

/** What the functions minded, for whoever has to find out why. */
async function warnings(): Promise<string> {
  const logs = await Promise.all(CRATES.map((crate) =>
    ministack.json('logs', 'Logs_20140328.FilterLogEvents', { logGroupName: `/openclaw/${crate}` }).catch(() => ({})),
  ))
  const lines = logs.flatMap(({ events = [] }) => events.map((event: { message: string }) => event.message))
  return lines.filter((line: string) => /WARN|ERROR/.test(line)).slice(-20).join('\n')
}
