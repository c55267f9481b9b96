/**
 * The files of a message that is being written: sent to the store while the person still writes.
 * The message names them once they are there.
 */
import type { Api } from '../api/client'
import { processServerError } from '../api/errors'
import type { SendFile } from '../api/upload'
import type { AttachedFile } from '../protocol'
import { text } from '../text'
import { fileSize } from '../text/size'
import { ATTACHMENTS, UPLOAD_BYTES } from './limits'

export interface DraftFile {
  id: string
  name: string
  /** Unknown of a file that an earlier message brought. */
  size: number | null
  state: 'sending' | 'sent' | 'failed'
  /** How much of it has left, from 0 to 1. */
  progress: number
  problem: string | null
  retry: boolean
}

export interface UploadsDeps {
  offer: Api['offerUpload']
  send: SendFile
  newId: () => string
}

interface Held {
  shown: DraftFile
  /** Null: it is there already. */
  file: File | null
  sent: AttachedFile | null
  /** No answer came at all: it goes again by itself when there is a connection. */
  cutOff: boolean
  stop: AbortController
}

export class Uploads {
  readonly #deps: UploadsDeps
  #held: Held[] = []
  #shown: DraftFile[] = []
  #listeners = new Set<() => void>()

  constructor(deps: UploadsDeps) {
    this.#deps = deps
  }

  readonly files = (): DraftFile[] => this.#shown

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Null when all were taken; otherwise why some were not. */
  add(files: readonly File[]): string | null {
    const fitting = files.filter((file) => file.size <= UPLOAD_BYTES)
    const taken = fitting.slice(0, ATTACHMENTS - this.#held.length)
    for (const file of taken) this.#begin(file)
    const large = files.find((file) => file.size > UPLOAD_BYTES)
    if (large) return text.attachments.tooLarge(large.name, fileSize(large.size), fileSize(UPLOAD_BYTES))
    return taken.length < fitting.length ? text.attachments.tooMany(ATTACHMENTS) : null
  }

  /** Files that are there already, of a message that is written anew. */
  adopt(files: readonly AttachedFile[]): void {
    for (const sent of files.slice(0, ATTACHMENTS - this.#held.length)) {
      const shown: DraftFile = { id: this.#deps.newId(), name: sent.name, size: null, state: 'sent', progress: 1, problem: null, retry: false }
      this.#held = [...this.#held, { shown, file: null, sent, cutOff: false, stop: new AbortController() }]
    }
    this.#tell()
  }

  remove(id: string): void {
    this.#find(id)?.stop.abort()
    this.#held = this.#held.filter((held) => held.shown.id !== id)
    this.#tell()
  }

  retry(id: string): void {
    const held = this.#find(id)
    if (held?.shown.state === 'failed') void this.#send(held)
  }

  /** The connection is back. */
  resume(): void {
    for (const held of this.#held.filter(({ cutOff }) => cutOff)) void this.#send(held)
  }

  /** What a message may name. */
  sent(): AttachedFile[] {
    return this.#held.map((held) => held.sent).filter((file) => file !== null)
  }

  clear(): void {
    for (const { stop } of this.#held) stop.abort()
    this.#held = []
    this.#tell()
  }

  #begin(file: File): void {
    const { name, size } = file
    const shown: DraftFile = { id: this.#deps.newId(), name, size, state: 'sending', progress: 0, problem: null, retry: false }
    const held: Held = { shown, file, sent: null, cutOff: false, stop: new AbortController() }
    this.#held = [...this.#held, held]
    void this.#send(held)
  }

  /** Each try has a form of its own: the last one may have expired. */
  async #send(held: Held): Promise<void> {
    const { file, stop } = held
    if (!file) return
    held.cutOff = false
    this.#show(held, { state: 'sending', progress: 0, problem: null, retry: false })
    try {
      const offer = await this.#deps.offer(file.name, file.size)
      if (stop.signal.aborted) return
      await this.#deps.send(offer, file, (progress) => this.#show(held, { progress }), stop.signal)
      held.sent = { key: offer.key, name: offer.name }
      this.#show(held, { state: 'sent', progress: 1, name: offer.name })
    } catch (error) {
      const { code, message, retryable } = processServerError(error)
      held.cutOff = code === 'network'
      const problem = held.cutOff ? text.attachments.offline : message
      this.#show(held, { state: 'failed', problem, retry: retryable })
    }
  }

  #find(id: string): Held | undefined {
    return this.#held.find((held) => held.shown.id === id)
  }

  #show(held: Held, change: Partial<DraftFile>): void {
    held.shown = { ...held.shown, ...change }
    if (this.#held.includes(held)) this.#tell()
  }

  #tell(): void {
    this.#shown = this.#held.map(({ shown }) => shown)
    for (const listener of this.#listeners) listener()
  }
}
