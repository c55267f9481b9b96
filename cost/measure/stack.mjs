// The real `local-stack` in a folder of its own, with its database's requests in its log: they say
// which rows were read and written, which the stack's counters do not.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../..')
const programs = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug')
const openclaw = resolve(root, process.env.OPENCLAW_DIR ?? 'container')
const KEYS = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'GEMINI_API_KEY']
const PATIENCE = Number(process.env.PATIENCE ?? 600_000)

/** `seconds` between two looks of the watchdog; `task`: variables of the bridge. */
export async function startStack({ schedule, task = {} }) {
  const data = await mkdtemp(join(tmpdir(), 'cost-measure-'))
  const env = { ...process.env, ...task, OPENCLAW_DIR: openclaw, API_RATE_FACTOR: '1000', NO_COLOR: '1' }
  env.RUST_LOG = 'info,dynoxide=error,dynoxide::server=trace'
  for (const key of KEYS) delete env[key]
  const args = ['--port', '0', '--json', '--data', data, '--schedule', String(schedule), '--web', join(root, 'web/dist')]
  const child = spawn(join(programs, 'local-stack'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const log = []
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const ready = once(createInterface({ input: child.stdout }), 'line')
  const [line] = await Promise.race([ready, ended.then(() => assert.fail(`local-stack ended:\n${log.join('\n')}`))])
  const { url, api, issuer } = JSON.parse(line)
  return new Stack({ url, api, issuer, child, ended, log, data })
}

class Stack {
  constructor(parts) {
    Object.assign(this, parts)
  }

  async control(method, path, body) {
    const response = await fetch(`${this.url}/local/${path}`, { method, body: body && JSON.stringify(body) })
    assert.ok(response.ok, `${path}: ${response.status}`)
    return response.json()
  }

  counters = async () => (await this.control('GET', 'counters')).calls

  async liveTask() {
    return (await this.control('GET', 'tasks')).find((task) => task.status !== 'STOPPED')
  }

  /** Polls, because nothing tells of it. */
  async until(what, look) {
    const last = Date.now() + PATIENCE
    for (;;) {
      const seen = await look()
      if (seen) return seen
      assert.ok(Date.now() < last, `not seen: ${what}\n${this.log.slice(-20).join('\n')}`)
      await new Promise((wake) => setTimeout(wake, 200))
    }
  }

  /** What tasks have written to their logs. */
  taskLogBytes = () => sizeOf(join(this.data, 'logs'))

  /** What lies in the bucket. */
  bucketBytes = () => sizeOf(join(this.data, 's3/buckets'))

  async end() {
    if (this.child.exitCode === null) this.child.kill('SIGINT')
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 60_000)
    await this.ended
    clearTimeout(kill)
    await rm(this.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath ?? file.path, file.name)).size, 0)
}
