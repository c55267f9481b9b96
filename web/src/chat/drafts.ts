/**
 * What is being written and not sent yet: one draft for each conversation. It outlives a look into
 * another one, and its files go on being sent meanwhile.
 */
import type { AttachedFile } from '../protocol'
import type { Uploads } from './uploads'

/** What a message says, wherever it stands. */
export interface Written {
  text: string
  attachments: AttachedFile[]
}

export interface DraftView {
  text: string
  uploads: Uploads
  /** The message whose words are written anew. */
  editing: string | null
}

interface Page {
  text: string
  uploads: Uploads
}

export class Draft {
  readonly #newUploads: () => Uploads
  readonly #own: Page
  #edit: (Page & { messageId: string }) | null = null
  #view: DraftView
  readonly #listeners = new Set<() => void>()

  constructor(newUploads: () => Uploads) {
    this.#newUploads = newUploads
    this.#own = { text: '', uploads: newUploads() }
    this.#view = this.#look()
  }

  readonly view = (): DraftView => this.#view

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  write(text: string): void {
    this.#page().text = text
    this.#tell()
  }

  /** What was being written is put aside until this is over. */
  edit(messageId: string, { text, attachments }: Written): void {
    this.#leave()
    const uploads = this.#newUploads()
    uploads.adopt(attachments)
    this.#edit = { messageId, text, uploads }
    this.#tell()
  }

  /** A message that had not been sent: its words come before those that wait here already. */
  putBack({ text, attachments }: Written): void {
    this.#leave()
    this.#own.text = [text, this.#own.text].filter((part) => part !== '').join('\n\n')
    this.#own.uploads.adopt(attachments)
    this.#tell()
  }

  /** It was sent, or given up: there is nothing left of it but what had been put aside. */
  done(): void {
    if (this.#edit) this.#leave()
    else {
      this.#own.text = ''
      this.#own.uploads.clear()
    }
    this.#tell()
  }

  #leave(): void {
    this.#edit?.uploads.clear()
    this.#edit = null
  }

  #page(): Page {
    return this.#edit ?? this.#own
  }

  #look(): DraftView {
    const { text, uploads } = this.#page()
    return { text, uploads, editing: this.#edit?.messageId ?? null }
  }

  #tell(): void {
    this.#view = this.#look()
    for (const listener of this.#listeners) listener()
  }
}

export class Drafts {
  readonly #newUploads: () => Uploads
  readonly #drafts = new Map<string, Draft>()

  constructor(newUploads: () => Uploads) {
    this.#newUploads = newUploads
  }

  of(conversationId: string): Draft {
    const known = this.#drafts.get(conversationId)
    if (known) return known
    const draft = new Draft(this.#newUploads)
    this.#drafts.set(conversationId, draft)
    return draft
  }
}
