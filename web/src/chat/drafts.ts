/**
 * What is being written and not sent yet: one draft for each conversation. It outlives a look into
 * another one, whose files go on being sent meanwhile, and a reload, which only breaks off files that
 * are on their way.
 */
import type { AttachedFile } from '../protocol'
import type { KeptDraft } from './keep'
import type { Keeper } from './keeper'
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

  constructor(newUploads: () => Uploads, kept: KeptDraft | null = null) {
    this.#newUploads = newUploads
    this.#own = this.#open(kept ?? { text: '', attachments: [] })
    this.#edit = kept?.edit ? { ...this.#open(kept.edit), messageId: kept.edit.messageId } : null
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
  edit(messageId: string, written: Written): void {
    this.#leave()
    this.#edit = { ...this.#open(written), messageId }
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

  /** As much of it as a reload can bring back. */
  kept(): KeptDraft {
    const edit = this.#edit && { messageId: this.#edit.messageId, ...writtenOn(this.#edit) }
    return { ...writtenOn(this.#own), edit }
  }

  #open({ text, attachments }: Written): Page {
    const uploads = this.#newUploads()
    uploads.adopt(attachments)
    uploads.subscribe(() => this.#changed())
    return { text, uploads }
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
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

const writtenOn = ({ text, uploads }: Page): Written => ({ text, attachments: uploads.sent() })

/** Typing is not slowed down by storing every letter. */
const KEEP_AFTER = 300

export interface DraftsDeps {
  keeper: Pick<Keeper, 'draft' | 'keepDraft'>
  newUploads: () => Uploads
}

export class Drafts {
  readonly #deps: DraftsDeps
  readonly #drafts = new Map<string, Draft>()
  readonly #unkept = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(deps: DraftsDeps) {
    this.#deps = deps
  }

  of(conversationId: string): Draft {
    const known = this.#drafts.get(conversationId)
    if (known) return known
    const draft = new Draft(this.#deps.newUploads, this.#deps.keeper.draft(conversationId))
    draft.subscribe(() => {
      this.#unkept.add(conversationId)
      this.#timer ??= setTimeout(this.flush, KEEP_AFTER)
    })
    this.#drafts.set(conversationId, draft)
    return draft
  }

  /** Keeps what has changed, now: the page may be about to go. */
  readonly flush = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const conversationId of this.#unkept) this.#deps.keeper.keepDraft(conversationId, this.of(conversationId).kept())
    this.#unkept.clear()
  }
}
