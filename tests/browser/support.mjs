// The system as a person meets it: the real `local-stack` in a folder of its own, the page it
// serves, and a Chromium that is already installed. `scenario` starts all of it, keeps watch over
// the console and the Content Security Policy while the test runs, and leaves no process behind.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'

const root = resolve(import.meta.dirname, '../..')
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
const program = (name) => join(target, 'debug', name)
const openclaw = resolve(root, process.env.OPENCLAW_DIR ?? 'container')

/** The page as built; another build can be tried with WEB_DIST. */
const dist = resolve(root, process.env.WEB_DIST ?? 'web/dist')

/** Why the real gateway cannot be used here, or false. */
export const withoutOpenClaw = existsSync(join(openclaw, 'node_modules/openclaw'))
  ? false
  : `OpenClaw is not installed in ${openclaw}: run 'make build'`

/** Generous, for busy machines. Nothing is measured with it. */
export const PATIENCE = Number(process.env.PATIENCE ?? 120_000)

const KEYS = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'GEMINI_API_KEY']
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let launched
after(async () => (await launched)?.close())

/** A browser of one's own; `scenario` shares one among all tests of a file. */
export const launch = () => chromium.launch({ executablePath: chromiumPath(), args: ARGUMENTS, timeout: PATIENCE })

function browser() {
  launched ??= launch()
  return launched
}

function chromiumPath() {
  const names = [process.env.CHROMIUM, 'chromium-headless-shell', 'chromium', 'google-chrome'].filter(Boolean)
  const found = names.map((name) => spawnSync('/bin/sh', ['-c', 'command -v "$0"', name]).stdout.toString().trim())
  const path = found.find((one) => one !== '')
  assert.ok(path, `no browser found among: ${names.join(', ')}`)
  return path
}

/** One sentence, one stack, and people in front of it. */
export function scenario(name, options, run) {
  const { skip = false, real = false, stopTimeout, schedule, ...expected } = options
  test(name, { skip, timeout: 4 * PATIENCE }, async () => {
    const stack = await startStack({ real, stopTimeout, schedule })
    const watch = new Watch(expected)
    const contexts = []
    const newDevice = async (settings = {}) => {
      const context = await (await browser()).newContext(settings)
      context.setDefaultTimeout(PATIENCE)
      contexts.push(context)
      await watch.over(context)
      return context
    }
    try {
      await run({ stack, newDevice, newPerson: async (who = 'ana', options = {}) => signIn(stack, await newDevice(options.device), who, options) })
      watch.assertQuiet()
      await Promise.all(contexts.map((context) => context.close()))
      await stack.stop()
    } catch (error) {
      const screens = await Promise.all(contexts.flatMap((context) => context.pages()).map(whatIsSeen))
      console.error(`On screen:\n${screens.join('\n---\n')}`)
      console.error(`Console:\n${watch.problems.join('\n')}\nThe stack said:\n${stack.said()}`)
      throw error
    } finally {
      await Promise.allSettled(contexts.map((context) => context.close()))
      await stack.end()
    }
  })
}

const whatIsSeen = (page) => page.locator('body').innerText({ timeout: 2000 }).then((text) => text.slice(0, 3000), String)

/** Everything the page complains about. A test may name what its own trouble makes a browser say. */
class Watch {
  problems = []
  #expected

  constructor({ complaints }) {
    this.#expected = complaints
  }

  async over(context) {
    await context.exposeFunction('reportViolation', (what) => this.problems.push(`violation: ${what}`))
    await context.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', (event) =>
        globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
      ),
    )
    context.on('weberror', (error) => this.problems.push(`thrown: ${error.error().stack}`))
    context.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      this.problems.push(`${message.type()}: ${message.text()} (${message.location().url})`)
    })
  }

  assertQuiet() {
    const unexpected = this.problems.filter((problem) => !this.#expected?.test(problem))
    assert.deepEqual(unexpected, [])
  }
}

export async function startStack({ real = false, stopTimeout, schedule } = {}) {
  const data = await mkdtemp(join(tmpdir(), 'browser-tests-'))
  const env = { ...process.env, OPENCLAW_DIR: openclaw }
  for (const key of KEYS) delete env[key]
  if (!real) env.OPENCLAW_COMMAND = JSON.stringify([program('scripted-gateway')])
  const args = ['--port', '0', '--json', '--data', data, '--web', dist]
  if (stopTimeout) args.push('--stop-timeout', String(stopTimeout))
  if (schedule) args.push('--schedule', String(schedule))
  const child = spawn(program('local-stack'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const log = []
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const ready = once(createInterface({ input: child.stdout }), 'line')
  const [line] = await Promise.race([ready, ended.then(() => assert.fail(`local-stack ended:\n${log.join('\n')}`))])
  return new Stack(JSON.parse(line), { child, ended, log, data })
}

class Stack {
  #process

  constructor({ url, api, issuer }, process) {
    Object.assign(this, { url, api, issuer })
    this.#process = process
  }

  said = () => this.#process.log.slice(-40).join('\n')

  /** Ctrl-C, as a person would; waits until everything is down. */
  async stop() {
    const { child, ended } = this.#process
    child.kill('SIGINT')
    const slow = AbortSignal.timeout(PATIENCE)
    slow.addEventListener('abort', () => child.kill('SIGKILL'))
    const [code, signal] = await ended
    assert.equal(code, 0, `local-stack ended with ${code ?? signal}`)
  }

  /** A test that failed leaves no process either: the stack's children die with it. */
  async end() {
    const { child, ended, data } = this.#process
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
    // What dies with the stack may still be writing its last file.
    await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }

  async control(method, path, body) {
    const response = await fetch(`${this.url}/local/${path}`, { method, body: body && JSON.stringify(body) })
    assert.ok(response.ok, `${path}: ${response.status}`)
    return response.json()
  }

  tasks = () => this.control('GET', 'tasks')

  async runningTask() {
    const running = (await this.tasks()).filter((task) => task.status === 'RUNNING')
    assert.equal(running.length, 1, JSON.stringify(running))
    return running[0]
  }
}

/** An access token, as a script gets one. */
export async function tokenOf(stack, who) {
  const body = new URLSearchParams({ grant_type: 'password', username: who })
  const { access_token: token } = await (await fetch(`${stack.issuer}/token`, { method: 'POST', body })).json()
  return token
}

/** Asks the HTTP API as a person, past the page. */
export async function ask(stack, who, method, path, body) {
  const headers = { authorization: `Bearer ${await tokenOf(stack, who)}`, ...(body && { 'content-type': 'application/json' }) }
  const response = await fetch(`${stack.api}${path}`, { method, headers, body: body && JSON.stringify(body) })
  assert.ok(response.ok, `${method} ${path}: ${response.status}`)
  return response.status === 200 || response.status === 201 ? response.json() : null
}

/**
 * From the front door, by what is written on it. A page that wakes the agent when it opens is for those
 * tests alone that ask for it.
 */
export async function signIn(stack, context, who, { wakeOnOpen = false } = {}) {
  await ask(stack, who, 'PUT', '/settings/wakeOnOpen', { value: wakeOnOpen })
  const page = await context.newPage()
  await page.goto(stack.url)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Name').fill(who)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  return new Person(page).arrived()
}

/** What a person does and sees, by role and by name. */
export class Person {
  constructor(page) {
    this.page = page
    this.field = page.getByRole('textbox', { name: 'Message' })
    this.replies = page.getByRole('article', { name: 'Agent' })
    this.said = page.getByRole('article', { name: 'You' })
    this.waking = page.getByRole('region', { name: 'Waking your agent' })
    // Called out when it happens; told quietly when it is history.
    const problem = { name: 'Problem' }
    this.trouble = page.getByRole('region', { name: 'Conversation' }).getByRole('alert', problem).or(page.getByRole('group', problem))
    this.drafts = page.getByRole('list', { name: 'Attached files' }).getByRole('listitem')
    this.stop = page.getByRole('button', { name: 'Stop reply' })
  }

  async arrived() {
    await this.field.waitFor()
    return this
  }

  /** Another tab of the same browser: the issuer remembers who is here, and nobody is asked. */
  async anotherTab() {
    const page = await this.page.context().newPage()
    await page.goto(this.page.url())
    return new Person(page).arrived()
  }

  /** Opens the menu at the foot of the sidebar and picks something. */
  async account(item) {
    await this.page.getByRole('button', { name: /^Account:/ }).click()
    await this.page.getByRole('menuitem', { name: item, exact: true }).click()
  }

  async say(text) {
    await this.field.fill(text)
    await this.field.press('Enter')
  }

  /** Picks a file as the dialog of the attach button does. */
  async attach({ name, text = '', bytes = Buffer.from(text) }) {
    const dialog = this.page.waitForEvent('filechooser')
    await this.page.getByRole('button', { name: 'Attach files' }).click()
    await (await dialog).setFiles({ name, mimeType: 'application/octet-stream', buffer: bytes })
  }

  /** Waits until the page shows what is wanted, and says what it showed when it gives up. */
  async until(what, look) {
    const give_up = Date.now() + PATIENCE
    for (;;) {
      const seen = await look()
      if (seen !== false) return seen
      if (Date.now() > give_up) assert.fail(`not seen: ${what}`)
      await this.page.evaluate(() => new Promise(requestAnimationFrame))
    }
  }

  /** The reply being written, once it has shown at least so much. */
  async streaming(atLeast = 1) {
    const busy = this.page.locator('article[aria-busy="true"]')
    return this.until(`a reply of ${atLeast} characters being written`, async () => {
      const text = (await busy.count()) > 0 ? await busy.last().innerText() : ''
      return text.trim().length >= atLeast && text.trim()
    })
  }

  /** The text of the nth reply, once it has ended. */
  async reply(nth = 0) {
    const reply = this.replies.nth(nth)
    await this.until(`the end of reply ${nth}`, async () => {
      return (await reply.count()) > 0 && (await reply.getAttribute('aria-busy')) === 'false'
    })
    return (await reply.innerText()).trim()
  }

  async ask(text) {
    const before = await this.replies.count()
    await this.say(text)
    return this.reply(before)
  }
}
