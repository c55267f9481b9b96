/**
 * Brings a person's message to the server, by socket or by REST, until it is accepted or refused.
 * Its id is what makes saying it twice safe. Frames are handled side by side over there, so the
 * messages of a conversation go one after another, or the second might be the first to be taken.
 */
import type { Api } from '../api/client'
import { processServerError } from '../api/errors'
import type { PostMessage } from '../protocol'
import type { ClientFrame } from './frames'
import { fitsSocket } from './limits'
import { type Failure, isUnderWay, type ThreadEvent, type Turn } from './thread'

export interface DeliveryDeps {
  api: Pick<Api, 'post'>
  send: (frame: ClientFrame) => boolean
  isOnline: () => boolean
  turn: (conversationId: string, messageId: string) => Turn | undefined
  /** The first message of a conversation that is not taken yet: its turn has come. */
  head: (conversationId: string) => Turn | undefined
  apply: (conversationId: string, event: ThreadEvent) => void
  onActivity: () => void
}

/** Longer than the slowest cold start of the Lambda that accepts messages. */
const ACCEPT_WITHIN = 10_000

/** When a message that was refused for now goes again by itself. After the last, a person decides. */
const RESEND_AFTER = [1000, 3000, 6000]

export class Delivery {
  readonly #deps: DeliveryDeps
  readonly #posting = new Set<string>()
  /** How often each message was refused and went again. */
  readonly #resent = new Map<string, number>()

  constructor(deps: DeliveryDeps) {
    this.#deps = deps
  }

  transmit(conversationId: string, messageId: string): void {
    const asked = this.#deps.turn(conversationId, messageId)?.asked
    const head = this.#deps.head(conversationId)
    if (!asked || this.#posting.has(messageId) || (head && head.messageId !== messageId)) return
    const message = bodyOf(asked)
    const frame: ClientFrame = { action: 'sendMessage', messageId, conversationId, ...message }
    if (!fitsSocket(JSON.stringify(frame))) {
      if (this.#deps.isOnline()) void this.#post(conversationId, messageId, message)
      return
    }
    if (!this.#deps.send(frame)) return
    this.#deps.apply(conversationId, { type: 'sent', messageId })
    this.#expectAnswer(conversationId, messageId, message)
  }

  /** Whether a refused message goes again by itself. */
  resend(conversationId: string, messageId: string, retryable: boolean): boolean {
    const tries = this.#resent.get(messageId) ?? 0
    const delay = RESEND_AFTER[tries]
    const unwanted = this.#deps.turn(conversationId, messageId)?.cancelling
    if (!retryable || delay === undefined || unwanted || !this.#isUnaccepted(conversationId, messageId)) return false
    this.#resent.set(messageId, tries + 1)
    setTimeout(() => {
      if (this.#isUnaccepted(conversationId, messageId)) this.transmit(conversationId, messageId)
    }, delay)
    return true
  }

  /** A person sends it again: it gets all its tries back. */
  forget(messageId: string): void {
    this.#resent.delete(messageId)
  }

  /** A frame can vanish with a connection that looks open. The other road has an answer of its own. */
  #expectAnswer(conversationId: string, messageId: string, message: Body): void {
    const refusals = this.#resent.get(messageId)
    setTimeout(() => {
      const silence = this.#isUnaccepted(conversationId, messageId) && this.#resent.get(messageId) === refusals
      if (silence) void this.#post(conversationId, messageId, message)
    }, ACCEPT_WITHIN)
  }

  async #post(conversationId: string, messageId: string, message: Body): Promise<void> {
    if (this.#posting.has(messageId)) return
    this.#posting.add(messageId)
    this.#deps.apply(conversationId, { type: 'sent', messageId })
    const outcome = await this.#tryPosting(conversationId, messageId, message)
    this.#posting.delete(messageId)
    if (this.#isUnaccepted(conversationId, messageId)) this.#settle(conversationId, messageId, outcome)
    this.#deps.onActivity()
  }

  async #tryPosting(conversationId: string, messageId: string, message: Body): Promise<ThreadEvent> {
    try {
      return { type: 'accepted', ...(await this.#deps.api.post(conversationId, { messageId, ...message })) }
    } catch (error) {
      return { type: 'failed', messageId, failure: asFailure(error) }
    }
  }

  #settle(conversationId: string, messageId: string, outcome: ThreadEvent): void {
    if (outcome.type === 'failed' && this.resend(conversationId, messageId, outcome.failure.retryable)) return
    this.#deps.apply(conversationId, outcome)
  }

  #isUnaccepted(conversationId: string, messageId: string): boolean {
    const turn = this.#deps.turn(conversationId, messageId)
    return turn !== undefined && isUnderWay(turn)
  }
}

type Body = Omit<PostMessage, 'messageId'>

function bodyOf({ text, attachments }: NonNullable<Turn['asked']>): Body {
  const named = attachments.map(({ key }) => ({ key }))
  return named.length > 0 ? { message: text, attachments: named } : { message: text }
}

export function asFailure(error: unknown): Failure {
  const { code, message, retryable } = processServerError(error)
  return { code, message, retryable }
}
