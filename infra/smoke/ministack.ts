/** A ministack of our own on a free port, and its services in as few words as they can be asked in. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SERVE = fileURLToPath(new URL('serve.py', import.meta.url))
const READY_WITHIN_MILLIS = 60_000
const AGAIN_AFTER_MILLIS = 100

export type Json = any

export class Ministack {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, port: string) {
    this.#process = process
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(python: string, home: string): Promise<Ministack> {
    const child = spawn(python, [SERVE], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, HOME: home, TMPDIR: home } })
    const [port] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
    const ministack = new Ministack(child, port)
    await within(READY_WITHIN_MILLIS, 'ministack is ready', async () => {
      const answer = await fetch(`${ministack.url}/_ministack/ready`).catch(() => null)
      return answer?.ok || undefined
    })
    return ministack
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
    const answer = await fetch(this.url + path, { method: 'PUT', headers: { authorization: signedFor('s3') }, body })
    if (!answer.ok) throw new Error(`PUT ${path} was answered with ${answer.status}: ${await answer.text()}`)
  }

  async invoke(name: string, event: Json): Promise<Json> {
    const path = `/2015-03-31/functions/${name}/invocations`
    const answer = await fetch(this.url + path, { method: 'POST', headers: { authorization: signedFor('lambda') }, body: JSON.stringify(event) })
    const said = await answer.json()
    if (answer.headers.has('x-amz-function-error')) throw new Error(`${name} failed: ${JSON.stringify(said)}`)
    return said
  }

  /** Of the services that speak REST. */
  async get(service: string, path: string): Promise<Json> {
    const answer = await fetch(this.url + path, { headers: { authorization: signedFor(service) } })
    if (!answer.ok) throw new Error(`GET ${path} was answered with ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }

  async #post(service: string, headers: Record<string, string>, body: string): Promise<string> {
    const answer = await fetch(`${this.url}/`, { method: 'POST', headers: { ...headers, authorization: signedFor(service) }, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${service} answered ${headers['x-amz-target'] ?? body.slice(0, 60)} with ${answer.status}: ${text.slice(0, 600)}`)
    return text
  }
}

/** It looks at the service and not at the signature. */
function signedFor(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`
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
