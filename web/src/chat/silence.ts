/**
 * Notices that nothing more was heard of a message. Frames can be lost on their way, and whoever
 * waits for an answer must not wait for ever: the server is asked, less and less often.
 */

const FIRST = 30_000
const LAST = 4 * 60_000

export class Silence {
  readonly #ask: (messageId: string) => void
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(ask: (messageId: string) => void) {
    this.#ask = ask
  }

  /** Something was heard of it: the wait begins anew. */
  heard(messageId: string, wait = FIRST): void {
    this.over(messageId)
    const next = () => {
      this.heard(messageId, Math.min(wait * 2, LAST))
      this.#ask(messageId)
    }
    this.#timers.set(messageId, setTimeout(next, wait))
  }

  /** Nothing more will be heard. */
  over(messageId: string): void {
    clearTimeout(this.#timers.get(messageId))
    this.#timers.delete(messageId)
  }
}
