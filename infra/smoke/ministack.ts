/** A ministack of our own on a free port, and its services in as few words as they can be asked in. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signed } from './sign.ts'

const SERVE = fileURLToPath(new URL('serve.py', import.meta.url))
const READY_WITHIN_MILLIS = 60_000
const AGAIN_AFTER_MILLIS = 100

export type Json = any

export class Ministack {
  readonly url: string
  readonly #process: ChildProcess
  readonly #lines: Interface

  private constructor(process: ChildProcess, lines: Interface, port: string) {
    this.#process = process
    this.#lines = lines
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(python: string, home: string): Promise<Ministack> {
    const child = spawn(python, [SERVE], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, HOME: home, TMPDIR: home } })
    const lines = createInterface({ input: child.stdout! })
    const [port] = (await once(lines, 'line')) as [string]
    const ministack = new Ministack(child, lines, port)
    await within(READY_WITHIN_MILLIS, 'ministack is ready', async () => {
      const answer = await fetch(`${ministack.url}/_ministack/ready`).catch(() => null)
      return answer?.ok || undefined
    })
    return ministack
  }

  /** Whether roles' policies count. */
  async enforce(state: 'on' | 'off'): Promise<void> {
    const answered = once(this.#lines, 'line')
    this.#process.stdin!.write(`${state}\n`)
    await answered
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.stdin!.end()
    await ended
  }

  /** Of the services that speak JSON. */
  async json(service: string, target: string, body: Json): Promise<Json> {
    const type = service === 'dynamodb' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1'
    const answer = await this.#post(service, { 'content-type': type, 'x-amz-target': target }, JSON.stringify(body))
    return JSON.parse(answer || '{}')
  }

  /** Of those that speak forms and answer in XML. */
  form(service: string, fields: Record<string, string>): Promise<string> {
    return this.#post(service, { 'content-type': 'application/x-www-form-urlencoded' }, new URLSearchParams(fields).toString())
  }

  async put(path: string, body: Uint8Array | string = ''): Promise<void> {
    await this.#ask('s3', 'PUT', path, body)
  }

  async invoke(name: string, event: Json): Promise<Json> {
    const answer = await this.#ask('lambda', 'POST', `/2015-03-31/functions/${name}/invocations`, JSON.stringify(event))
    const said = await answer.json()
    if (answer.headers.has('x-amz-function-error')) throw new Error(`${name} failed: ${JSON.stringify(said)}`)
    return said
  }

  /** Of the services that speak REST. */
  async get(service: string, path: string): Promise<Json> {
    return (await this.#ask(service, 'GET', path)).json()
  }

  async #post(service: string, headers: Record<string, string>, body: string): Promise<string> {
    return (await this.#ask(service, 'POST', '/', body, headers)).text()
  }

  async #ask(service: string, method: string, path: string, body: string | Uint8Array = '', headers: Record<string, string> = {}): Promise<Response> {
    const url = new URL(path, this.url)
    const answer = await fetch(url, { method, headers: signed(service, method, url, body, headers), ...(method !== 'GET' && { body }) })
    if (answer.ok) return answer
    const about = headers['x-amz-target'] ?? `${method} ${path} ${String(body).slice(0, 60)}`
    throw new Error(`${service} answered ${about} with ${answer.status}: ${(await answer.text()).slice(0, 600)}`)
  }
}

/** Asks until there is an answer. */
export async function within<T>(millis: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const until = Date.now() + millis
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > until) throw new Error(`not within ${millis / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MILLIS))
  }
}
