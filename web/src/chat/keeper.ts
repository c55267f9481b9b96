/**
 * Keeps unsent messages and drafts in the browser's storage, so that a reload loses neither.
 *
 * Each message is an entry of its own: several tabs share the storage, and none of them may write
 * over what another keeps. A storage that is full or forbidden costs the reload, not the message.
 */
import { type KeptDraft, type KeptMessage, inOrder, isEmpty, readDraft, readMessage } from './keep'

/** As much of `Storage` as is needed here. */
export type Shelf = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>

/** For a browser that forbids its own, and for tests. */
export function memoryShelf(): Shelf {
  const entries = new Map<string, string>()
  return {
    get length() {
      return entries.size
    },
    key: (index) => [...entries.keys()][index] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  }
}

export class Keeper {
  readonly #shelf: Shelf
  readonly #messages: string
  readonly #drafts: string
  #closed = false

  constructor(shelf: Shelf, subject: string) {
    this.#shelf = shelf
    this.#messages = `openclaw.unsent.${subject}.`
    this.#drafts = `openclaw.draft.${subject}.`
  }

  messages(): KeptMessage[] {
    const read = this.#keys(this.#messages).map((key) => this.#try(() => readMessage(this.#shelf.getItem(key))) ?? null)
    return inOrder(read.filter((message) => message !== null))
  }

  keep(message: KeptMessage): void {
    this.#set(this.#messages + message.messageId, JSON.stringify(message))
  }

  forget(messageId: string): void {
    this.#try(() => this.#shelf.removeItem(this.#messages + messageId))
  }

  /** Which message an entry is about, if it is about one of this person's. */
  messageOf(key: string | null): string | null {
    return key?.startsWith(this.#messages) ? key.slice(this.#messages.length) : null
  }

  draft(conversationId: string): KeptDraft | null {
    return this.#try(() => readDraft(this.#shelf.getItem(this.#drafts + conversationId))) ?? null
  }

  keepDraft(conversationId: string, draft: KeptDraft): void {
    const key = this.#drafts + conversationId
    if (isEmpty(draft)) this.#try(() => this.#shelf.removeItem(key))
    else this.#set(key, JSON.stringify(draft))
  }

  /** The person has signed out: nothing of theirs stays, and nothing more is kept. */
  clear(): void {
    this.#closed = true
    for (const key of [...this.#keys(this.#messages), ...this.#keys(this.#drafts)]) this.#try(() => this.#shelf.removeItem(key))
  }

  #keys(prefix: string): string[] {
    const all = this.#try(() => Array.from({ length: this.#shelf.length }, (_, index) => this.#shelf.key(index)))
    return (all ?? []).filter((key) => key !== null).filter((key) => key.startsWith(prefix))
  }

  #set(key: string, value: string): void {
    if (!this.#closed) this.#try(() => this.#shelf.setItem(key, value))
  }

  #try<T>(use: () => T): T | undefined {
    try {
      return use()
    } catch {
      return undefined
    }
  }
}
