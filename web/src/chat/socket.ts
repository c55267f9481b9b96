/**
 * The WebSocket, kept open: it reconnects with backoff and jitter, pings so that
 * API Gateway's ten idle minutes never pass, and renews itself before the two
 * hours a connection may live, opening the new one before it closes the old.
 *
 * It knows nothing of conversations; `onOpen` is where its owner says hello.
 */
import type { ClientFrame, ServerFrame } from './frames'

export type Link = 'connecting' | 'open' | 'waiting' | 'signedOut' | 'closed'

export interface SocketDeps {
  url: string
  /** A good access token, or one that was just made; rejects with `SignedOut` when there is none to be had. */
  token: (isNew: boolean) => Promise<string>
  isSignedOut: (error: unknown) => boolean
  open: (url: string, protocols: string[]) => WebSocket
  random: () => number
  onFrame: (frame: ServerFrame) => void
  onLink: (link: Link) => void
  /** Says hello: what is said is answered. */
  onOpen: () => void
}

const PING_EVERY = 5 * 60_000
const PONG_WITHIN = 15_000
const RENEW_AFTER = 110 * 60_000
const OPEN_WITHIN = 10_000
/** What a browser says when nobody closed the connection. A server need not wait for the answer to its close, so `wasClean` says less. */
const GONE = 1006
const FIRST_RETRY = 500
const LAST_RETRY = 30_000

/** Full jitter over the upper half: a thousand pages do not come back at once. */
export const retryDelay = (attempt: number, random: number): number =>
  Math.min(LAST_RETRY, FIRST_RETRY * 2 ** attempt) * (0.5 + random / 2)

export class ChatSocket {
  readonly #deps: SocketDeps
  #current: WebSocket | null = null
  #next: WebSocket | null = null
  #attempt = 0
  /** The server has ended a connection on purpose: whoever signs out everywhere ends them all. */
  #isDoubted = false
  #stopped = true
  #retry: ReturnType<typeof setTimeout> | undefined
  #renew: ReturnType<typeof setTimeout> | undefined
  #ping: ReturnType<typeof setInterval> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined

  constructor(deps: SocketDeps) {
    this.#deps = deps
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#attempt = 0
    this.#deps.onLink('connecting')
    void this.#connect()
  }

  stop(): void {
    this.#stopped = true
    this.#clearTimers()
    for (const socket of [this.#current, this.#next]) socket?.close(1000)
    this.#current = this.#next = null
    this.#deps.onLink('closed')
  }

  /** The network changed, a phone woke up, or a person does not want to wait. */
  retryNow(): void {
    if (this.#stopped || this.#next) return
    if (this.#current) return this.#checkAlive(this.#current)
    clearTimeout(this.#retry)
    void this.#connect()
  }

  /** False when there is no open connection; nothing is buffered here. */
  send(frame: ClientFrame): boolean {
    if (this.#current?.readyState !== WebSocket.OPEN) return false
    this.#current.send(JSON.stringify(frame))
    return true
  }

  async #connect(): Promise<void> {
    let token: string
    try {
      token = await this.#deps.token(this.#isDoubted)
      this.#isDoubted = false
    } catch (error) {
      if (this.#deps.isSignedOut(error)) this.#deps.onLink('signedOut')
      else this.#scheduleRetry()
      return
    }
    if (this.#stopped || this.#next) return
    this.#listen(this.#deps.open(this.#deps.url, ['openclaw.v1', `bearer.${token}`]))
  }

  #listen(socket: WebSocket): void {
    this.#next = socket
    const tooSlow = setTimeout(() => this.#lost(socket), OPEN_WITHIN)
    socket.addEventListener('open', () => {
      clearTimeout(tooSlow)
      if (this.#next === socket) this.#adopt(socket)
    })
    socket.addEventListener('message', (event: MessageEvent) => this.#receive(socket, event.data))
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(tooSlow)
      if (code !== GONE && socket === this.#current) this.#isDoubted = true
      this.#lost(socket)
    })
  }

  #adopt(socket: WebSocket): void {
    const old = this.#current
    this.#current = socket
    this.#next = null
    this.#attempt = 0
    this.#clearTimers()
    this.#ping = setInterval(() => this.#checkAlive(socket), PING_EVERY)
    this.#renew = setTimeout(() => void this.#connect(), RENEW_AFTER - this.#deps.random() * 10 * 60_000)
    this.#deps.onLink('open')
    // The new connection asks for what is running before the old one goes, so no frame falls between them.
    this.#deps.onOpen()
    // A server may forget a connection while it opens, and then answers no hello.
    this.#expectWord(socket)
    old?.close(1000)
  }

  #checkAlive(socket: WebSocket): void {
    if (this.send({ action: 'ping' })) this.#expectWord(socket)
  }

  /** Any frame will do. */
  #expectWord(socket: WebSocket): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#lost(socket), PONG_WITHIN)
  }

  #receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.#current && socket !== this.#next) return
    clearTimeout(this.#deadline)
    const frame = parseFrame(data)
    if (frame) this.#deps.onFrame(frame)
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#current && socket !== this.#next) return
    if (socket === this.#next) this.#next = null
    else {
      this.#current = null
      clearInterval(this.#ping)
      clearTimeout(this.#renew)
      clearTimeout(this.#deadline)
    }
    socket.close()
    if (!this.#stopped && !this.#next) this.#scheduleRetry()
  }

  #scheduleRetry(): void {
    // The first try after a loss is quick and mostly works: nobody needs to hear of it.
    if (!this.#current) this.#deps.onLink(this.#attempt === 0 ? 'connecting' : 'waiting')
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#connect(), retryDelay(this.#attempt, this.#deps.random()))
    this.#attempt += 1
  }

  #clearTimers(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#renew)
    clearTimeout(this.#deadline)
    clearInterval(this.#ping)
  }
}

/** A frame this version of the page does not know is skipped, never fatal. */
export function parseFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null
  try {
    const frame: unknown = JSON.parse(data)
    const known = typeof frame === 'object' && frame !== null && 'type' in frame && typeof frame.type === 'string'
    return known ? (frame as ServerFrame) : null
  } catch {
    return null
  }
}
