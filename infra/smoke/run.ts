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
import { deployAll, missing, uploadPrograms } from './deploy.ts'
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
  console.error(`\nThe smoke run failed at: ${step}\n`)
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
  step = 'sign in'
  const token = await signIn(ministack, deployment)
  said('signed in on the pages of the user pool, by a code and PKCE')
  await overWebSocket(deployment, token)
  await overHttp(token)
  await theWatchdog()
}

async function overWebSocket(deployment: Deployment, token: string): Promise<void> {
  const url = `${deployment['WS_MANAGEMENT_URL']!.replace(/^http/, 'ws')}`
  const origin = deployment['PAGE_URL']!
  const wrong = `${token.slice(0, -8)}AAAAAAAA`
  step = 'refusals of $connect'
  assert.equal((await connectAnswer(ministack, wrong, origin)).status, 401)
  assert.equal((await connectAnswer(ministack, token, 'https://evil.example')).status, 403)
  assert.deepEqual(await connectAnswer(ministack, token, origin), { status: 200, protocol: 'openclaw.v1' })
  await refused(Line.open(url, wrong, origin))
  await refused(Line.open(url, token, 'https://evil.example'))
  said('a wrong token is refused with 401, a foreign page with 403; the token is never echoed')
  step = 'connect'
  const line = await Line.open(url, token, origin)
  step = 'ping'
  line.say({ action: 'ping' })
  await line.hear('a pong', (frame) => frame.type === 'pong')
  step = 'sendMessage'
  const { messageId, accepted } = await send(line)
  const row = await inboxRow(ministack, deployment['TABLE_PENDING_MESSAGES']!, subjectOf(token), messageId)
  assert.equal(row?.text?.S, 'Hello from the smoke run')
  said(`connected; a ping was answered; the message was accepted at position ${accepted.position} and is in the inbox`)
  step = 'the launch'
  await line.hear('the stages of waking up', (frame) => frame.type === 'status')
  said('a task was asked for, and the page was told')
  line.close()
}

async function overHttp(token: string): Promise<void> {
  step = 'the HTTP API'
  const api = await httpApi()
  const ask = async (path: string, headers: Record<string, string> = {}) => (await fetch(`${api}${path}`, { headers })).status
  assert.equal(await ask('/status'), 401)
  assert.equal(await ask('/status', { authorization: 'Bearer nonsense' }), 401)
  assert.equal(await ask('/openapi.json'), 200)
  assert.equal(await ask('/status', { authorization: `Bearer ${token}` }), 200)
  assert.equal(await ask('/conversations', { authorization: `Bearer ${token}` }), 200)
  said('the HTTP API: 401 without a token and with a wrong one, 200 with one; its description is open')
}

/** The page has it under its own address; CloudFront is not here. */
async function httpApi(): Promise<string> {
  const { items, Items = items } = await ministack.get('apigateway', '/v2/apis')
  const { apiId, ApiId = apiId } = Items.find((api: Record<string, string>) => (api['name'] ?? api['Name']) === 'openclaw-api')
  return `${ministack.url}/_aws/execute-api/${ApiId}/$default`
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
