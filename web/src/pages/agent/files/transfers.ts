/**
 * Files on their way into the workspace: sent to the store with a form, then put in their place by the agent's machine,
 * or by its next one. They go on while the person looks at other pages.
 */
import { processServerError } from '../../../api/errors'
import type { SendFile } from '../../../api/upload'
import type { WorkspaceUploadDone, WorkspaceUploadOffer } from '../../../protocol'
import { inside } from './paths'

export const UPLOAD_BYTES = 25 * 1_048_576
const AT_ONCE = 3

export interface Transfer {
  id: string
  name: string
  folder: string
  size: number
  state: 'queued' | 'sending' | 'placing' | 'placed' | 'waiting' | 'failed'
  /** How much of it has left, from 0 to 1. */
  progress: number
  problem: string | null
  retry: boolean
}

export interface TransfersDeps {
  offer: (path: string, size: number) => Promise<WorkspaceUploadOffer>
  send: SendFile<WorkspaceUploadOffer>
  done: (id: string) => Promise<WorkspaceUploadDone>
  newId: () => string
  /** Something new lies in the workspace. */
  onPlaced: () => void
}

interface Held {
  shown: Transfer
  file: File
  /** It lies in the store already: only its place is still to come. */
  sent: string | null
  stop: AbortController
}

export class Transfers {
  readonly #deps: TransfersDeps
  #held: Held[] = []
  #shown: Transfer[] = []
  #listeners = new Set<() => void>()

  constructor(deps: TransfersDeps) {
    this.#deps = deps
  }

  readonly list = (): Transfer[] => this.#shown

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  add(folder: string, files: readonly File[]): void {
    for (const file of files) this.#hold(folder, file, 'queued', null)
    this.#next()
  }

  /** One that is not sent at all, with the reason. */
  refuse(folder: string, file: File, problem: string): void {
    this.#hold(folder, file, 'failed', problem)
  }

  retry(id: string): void {
    const held = this.#find(id)
    if (held?.shown.state !== 'failed') return
    this.#show(held, { state: 'queued', problem: null, retry: false })
    this.#next()
  }

  remove(id: string): void {
    this.#find(id)?.stop.abort()
    this.#held = this.#held.filter((held) => held.shown.id !== id)
    this.#tell()
    this.#next()
  }

  clearDone(): void {
    this.#held = this.#held.filter(({ shown }) => shown.state !== 'placed' && shown.state !== 'waiting')
    this.#tell()
  }

  #hold(folder: string, file: File, state: Transfer['state'], problem: string | null): void {
    const { name, size } = file
    const shown: Transfer = { id: this.#deps.newId(), name, folder, size, state, progress: 0, problem, retry: false }
    this.#held = [...this.#held, { shown, file, sent: null, stop: new AbortController() }]
    this.#tell()
  }

  #next(): void {
    const busy = this.#held.filter(({ shown }) => shown.state === 'sending' || shown.state === 'placing').length
    const waiting = this.#held.filter(({ shown }) => shown.state === 'queued')
    for (const held of waiting.slice(0, Math.max(0, AT_ONCE - busy))) void this.#go(held)
  }

  async #go(held: Held): Promise<void> {
    try {
      held.sent ??= await this.#send(held)
      if (held.stop.signal.aborted) return
      this.#show(held, { state: 'placing', progress: 1 })
      const { state } = await this.#deps.done(held.sent)
      this.#show(held, { state })
      if (state === 'placed') this.#deps.onPlaced()
    } catch (error) {
      const { code, message, retryable } = processServerError(error)
      // What the store has lost by now has to be sent again.
      if (code === 'not_found') held.sent = null
      this.#show(held, { state: 'failed', problem: message, retry: retryable || code === 'not_found' })
    }
    this.#next()
  }

  /** Each try has a form of its own: the last one may have expired. */
  async #send(held: Held): Promise<string> {
    const { file, shown, stop } = held
    this.#show(held, { state: 'sending', progress: 0 })
    const offer = await this.#deps.offer(inside(shown.folder, shown.name), shown.size)
    stop.signal.throwIfAborted()
    await this.#deps.send(offer, file, (progress) => this.#show(held, { progress }), stop.signal)
    return offer.id
  }

  #find(id: string): Held | undefined {
    return this.#held.find((held) => held.shown.id === id)
  }

  #show(held: Held, change: Partial<Transfer>): void {
    held.shown = { ...held.shown, ...change }
    if (this.#held.includes(held)) this.#tell()
  }

  #tell(): void {
    this.#shown = this.#held.map(({ shown }) => shown)
    for (const listener of this.#listeners) listener()
  }
}
