/**
 * Joins the socket, the REST API and the reducers: it is where things happen.
 *
 * A message that is not yet accepted is a turn that says so, and every open of the
 * socket sends those again under the same id. The keeper only follows the turns, so
 * that they are there again after a reload, and in another tab.
 */
import type { Api, Part } from '../api/client'
import type { AttachedFile } from '../protocol'
import { text } from '../text'
import { type Agent, reduceAgent, reportOf, type StatusReport, unknownAgent } from './agent'
import { asFailure, Delivery } from './delivery'
import type { ClientFrame, MessagesPage, ServerFrame, TextFrame } from './frames'
import { GOES_BY_ITSELF_FOR, hasRoom, keepChanges } from './keep'
import type { Keeper } from './keeper'
import { MESSAGE_BYTES, utf8Bytes } from './limits'
import type { Link } from './socket'
import { Silence } from './silence'
import { type Asked, emptyThread, isOpen, isUnderWay, reduceThread, type Thread, type ThreadEvent, type Turn, unitsHeld } from './thread'

export interface ChatState {
  agent: Agent
  link: Link
  threads: Record<string, Thread>
}

export interface ControllerDeps {
  api: Pick<Api, 'messages' | 'reply' | 'post'>
  keeper: Pick<Keeper, 'messages' | 'keep' | 'forget'>
  send: (frame: ClientFrame) => boolean
  now: () => number
  newId: () => string
  /** Runs `notify` once for many frames; in the page, before the next paint. */
  schedule: (notify: () => void) => void
  /** Something happened that the list of conversations shows. */
  onActivity: () => void
}

export class ChatController {
  readonly #deps: ControllerDeps
  #state: ChatState = { agent: unknownAgent, link: 'connecting', threads: {} }
  #current: string | null = null
  #listeners = new Set<() => void>()
  #scheduled = false
  readonly #delivery: Delivery
  readonly #silence = new Silence((messageId) => this.#ask(messageId))

  constructor(deps: ControllerDeps) {
    this.#deps = deps
    this.#delivery = new Delivery({
      api: deps.api,
      send: deps.send,
      onActivity: deps.onActivity,
      isOnline: () => this.#state.link === 'open',
      turn: (conversationId, messageId) => this.#turn(conversationId, messageId),
      head: (conversationId) => headOf(this.#state.threads[conversationId]),
      apply: (conversationId, event) => {
        this.#apply(conversationId, event)
        if (event.type === 'accepted') this.#listen(conversationId, event.messageId)
      },
    })
    this.#recall()
  }

  readonly state = (): ChatState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The conversation a person looks at. */
  open(conversationId: string): void {
    if (this.#current === conversationId) return
    this.#current = conversationId
    if (!this.#state.threads[conversationId]) {
      this.#set({ ...this.#state, threads: { ...this.#state.threads, [conversationId]: emptyThread(conversationId) } })
    }
    this.#deps.send({ action: 'resume', conversationId })
    void this.reload(conversationId)
  }

  /** Null when the message was taken; otherwise why it was not. */
  say(conversationId: string, message: string, attachments: AttachedFile[] = [], insteadOf: string | null = null): string | null {
    const bytes = utf8Bytes(message)
    if (bytes > MESSAGE_BYTES) return text.composer.tooLong(bytes, MESSAGE_BYTES)
    if (!hasRoom(this.#deps.keeper.messages(), { text: message, attachments })) return text.composer.tooManyWait
    const messageId = this.#deps.newId()
    this.#apply(conversationId, { type: 'said', messageId, text: message, attachments, at: this.#deps.now() })
    // What the server never took is said in other words and not twice; what it took is on record.
    const before = insteadOf === null ? undefined : this.#turn(conversationId, insteadOf)
    if (before?.delivery === 'refused') this.#apply(conversationId, { type: 'withdrawn', messageId: before.messageId })
    this.#delivery.transmit(conversationId, messageId)
    return null
  }

  /** What a message says; one that has not left this page yet leaves the conversation with that. */
  takeUp(conversationId: string, messageId: string): { asked: Asked; withdrawn: boolean } | null {
    const turn = this.#turn(conversationId, messageId)
    if (!turn?.asked) return null
    const withdrawn = turn.delivery === 'queued'
    if (withdrawn) this.#apply(conversationId, { type: 'withdrawn', messageId })
    return { asked: turn.asked, withdrawn }
  }

  cancel(conversationId: string, messageId: string): void {
    const turn = this.#turn(conversationId, messageId)
    if (!turn || !isOpen(turn)) return
    if (turn.delivery === 'queued') return this.#apply(conversationId, { type: 'withdrawn', messageId })
    this.#apply(conversationId, { type: 'cancelling', messageId })
    this.#deps.send({ action: 'cancel', messageId })
  }

  /** A message that was never taken goes again; one whose run failed is asked anew. */
  retry(conversationId: string, messageId: string): void {
    const turn = this.#turn(conversationId, messageId)
    if (!turn?.asked) return
    if (turn.delivery === 'accepted') {
      if (turn.askedAgain) return
      this.#apply(conversationId, { type: 'askedAgain', messageId })
      this.say(conversationId, turn.asked.text, turn.asked.attachments)
      return
    }
    this.#delivery.forget(messageId)
    const { text: message, attachments, at } = turn.asked
    this.#apply(conversationId, { type: 'said', messageId, text: message, attachments, at })
    this.#delivery.transmit(conversationId, messageId)
  }

  async reload(conversationId: string): Promise<void> {
    try {
      const page = await this.#deps.api.messages(conversationId)
      this.#apply(conversationId, { type: 'newest', page })
      for (const { messageId } of page.messages) this.#listen(conversationId, messageId)
      this.dismiss(conversationId)
    } catch (error) {
      this.#apply(conversationId, { type: 'noticed', failure: asFailure(error) })
    }
  }

  /** Whether there is more to be seen now. */
  async loadOlder(conversationId: string): Promise<boolean> {
    const thread = this.#state.threads[conversationId]
    const before = (thread?.stretch ?? thread)?.before
    if (!before) return false
    return this.#fetch(conversationId, { before }, (page) => ({ type: 'older', page, before }))
  }

  async loadLater(conversationId: string): Promise<boolean> {
    const after = this.#state.threads[conversationId]?.stretch?.after
    if (!after) return false
    return this.#fetch(conversationId, { after }, (page) => ({ type: 'later', page, after }))
  }

  /** Shows the conversation where a message was found. What cannot be found leaves the end on screen. */
  async visit(conversationId: string, place: string): Promise<void> {
    this.#apply(conversationId, { type: 'seeking', place })
    const found = await this.#fetch(conversationId, { around: place }, (page) => ({ type: 'around', page, place }))
    if (!found && this.#state.threads[conversationId]?.seeking === place) this.#apply(conversationId, { type: 'latest' })
  }

  /** Back to the end. */
  leave(conversationId: string): void {
    if (this.#state.threads[conversationId]) this.#apply(conversationId, { type: 'latest' })
  }

  async #fetch(conversationId: string, part: Part, event: (page: MessagesPage) => ThreadEvent): Promise<boolean> {
    try {
      this.#apply(conversationId, event(await this.#deps.api.messages(conversationId, part)))
      return true
    } catch (error) {
      this.#apply(conversationId, { type: 'noticed', failure: asFailure(error) })
      return false
    }
  }

  dismiss(conversationId: string): void {
    if (this.#state.threads[conversationId]?.notice) this.#apply(conversationId, { type: 'noticed', failure: null })
  }

  /** The socket is open, for the first time or again: say what we hold, and send what waits. */
  greet(): void {
    const { send } = this.#deps
    this.#recall()
    send({ action: 'getStatus' })
    const current = this.#current
    if (current) {
      send({ action: 'resume', conversationId: current })
      void this.reload(current)
    }
    for (const { conversationId, turns } of Object.values(this.#state.threads)) {
      for (const turn of turns.filter(isOpen)) this.#resume(conversationId, turn)
    }
  }

  /** Another tab took it back, or has sent it: then the history has it. */
  settledElsewhere(messageId: string): void {
    for (const conversationId of Object.keys(this.#state.threads)) {
      const delivery = this.#turn(conversationId, messageId)?.delivery
      if (delivery !== 'queued' && delivery !== 'refused') continue
      this.#apply(conversationId, { type: 'withdrawn', messageId })
      if (this.#state.link === 'open') void this.reload(conversationId)
    }
  }

  link(link: Link): void {
    this.#set({ ...this.#state, link })
  }

  receive(frame: ServerFrame): void {
    if (frame.type === 'status') this.#hear(reportOf(frame))
    // Words are proof enough, should the frame that said so have been lost.
    if (frame.type === 'stream_chunk' && this.#state.agent.status !== 'Running') this.#hear({ status: 'Running' })
    const stranger = this.#isStranger(frame)
    for (const conversationId of this.#addressees(frame)) this.#take(conversationId, frame)
    if (stranger) void this.reload(frame.conversationId)
    this.#insist(frame)
    if (frame.type === 'accepted' || frame.type === 'stream_end' || frame.type === 'message') this.#deps.onActivity()
  }

  /** What an earlier page, or another tab, could not send. */
  #recall(): void {
    for (const { conversationId, messageId, text: message, attachments, at } of this.#deps.keeper.messages()) {
      if (this.#turn(conversationId, messageId)) continue
      this.#apply(conversationId, { type: 'said', messageId, text: message, attachments, at })
      if (this.#deps.now() - at < GOES_BY_ITSELF_FOR) continue
      this.#apply(conversationId, { type: 'failed', messageId, failure: { code: 'old', message: text.turn.old, retryable: true } })
    }
  }

  #hear(report: StatusReport | null): void {
    if (report) this.#set({ ...this.#state, agent: reduceAgent(this.#state.agent, report, this.#deps.now()) })
  }

  #take(conversationId: string, frame: ServerFrame): void {
    if (frame.type === 'error' && frame.messageId != null && this.#delivery.resend(conversationId, frame.messageId, frame.retryable)) return
    this.#apply(conversationId, frame)
    if ('messageId' in frame && frame.messageId != null) this.#listen(conversationId, frame.messageId)
  }

  #listen(conversationId: string, messageId: string): void {
    const turn = this.#turn(conversationId, messageId)
    if (turn?.delivery === 'accepted' && isOpen(turn)) this.#silence.heard(messageId)
    else this.#silence.over(messageId)
  }

  /** Without a connection there is nothing to ask; when it is back, `greet` does. */
  #ask(messageId: string): void {
    for (const conversationId of Object.keys(this.#state.threads)) {
      const turn = this.#turn(conversationId, messageId)
      if (!turn) continue
      if (!isOpen(turn)) return this.#silence.over(messageId)
      this.#deps.send({ action: 'resume', conversationId, messageId, offset: unitsHeld(turn) })
    }
  }

  /** A reply to something this page was never told: written elsewhere, and too long for a frame. */
  #isStranger(frame: ServerFrame): frame is TextFrame {
    const isText = frame.type === 'stream_chunk' || frame.type === 'stream_snapshot'
    return isText && frame.conversationId in this.#state.threads && !this.#turn(frame.conversationId, frame.messageId)
  }

  /** An error that names no conversation is for the one on screen, or for the one that holds its message. */
  #addressees(frame: ServerFrame): string[] {
    const known = Object.keys(this.#state.threads)
    if (frame.type !== 'error' || frame.conversationId != null) return known
    const { messageId } = frame
    const holder = messageId == null ? undefined : known.find((id) => this.#turn(id, messageId))
    return [holder ?? this.#current].filter((id) => id !== null)
  }

  /** A cancel can arrive before the message it is about; then it has to be said again. */
  #insist(frame: ServerFrame): void {
    const begins = frame.type === 'accepted' || (frame.type === 'stream_chunk' && frame.offset === 0)
    if (!begins || !this.#turn(frame.conversationId, frame.messageId)?.cancelling) return
    this.#deps.send({ action: 'cancel', messageId: frame.messageId })
  }

  #resume(conversationId: string, turn: Turn): void {
    const { messageId, reply } = turn
    if (turn.delivery !== 'accepted') return this.#delivery.transmit(conversationId, messageId)
    if (reply) this.#deps.send({ action: 'resume', conversationId, messageId, offset: unitsHeld(turn) })
    if (turn.cancelling) this.#deps.send({ action: 'cancel', messageId })
  }

  /** Asks for what the reducer found missing. */
  #supply(conversationId: string, turn: Turn): void {
    const { messageId, needs } = turn
    this.#apply(conversationId, { type: 'requested', messageId })
    if (needs === 'resume') {
      this.#deps.send({ action: 'resume', conversationId, messageId, offset: unitsHeld(turn) })
    }
    if (needs === 'reread') void this.#reread(conversationId, messageId)
  }

  async #reread(conversationId: string, messageId: string): Promise<void> {
    try {
      const reply = await this.#deps.api.reply(conversationId, messageId)
      this.#apply(conversationId, { type: 'reread', messageId, reply })
    } catch {
      // Nothing was ever shown of it, so nothing is missing yet: it may still come.
      if (!this.#turn(conversationId, messageId)?.reply) return
      const failure = { code: 'incomplete', message: text.turn.incomplete, retryable: false }
      this.#apply(conversationId, { type: 'failed', messageId, failure })
    }
  }

  #turn(conversationId: string, messageId: string): Turn | undefined {
    const thread = this.#state.threads[conversationId]
    const isIt = (turn: Turn) => turn.messageId === messageId
    return thread?.turns.findLast(isIt) ?? thread?.stretch?.turns.findLast(isIt)
  }

  #apply(conversationId: string, event: ThreadEvent): void {
    const before = this.#state.threads[conversationId]
    const thread = reduceThread(before ?? emptyThread(conversationId), event)
    if (thread === before) return
    this.#set({ ...this.#state, threads: { ...this.#state.threads, [conversationId]: thread } })
    const { keep, forget } = keepChanges(before, thread)
    for (const message of keep) this.#deps.keeper.keep(message)
    for (const messageId of forget) this.#deps.keeper.forget(messageId)
    for (const turn of [...(thread.stretch?.turns ?? []), ...thread.turns]) {
      if (turn.needs === 'resume' || turn.needs === 'reread') this.#supply(conversationId, turn)
    }
    const [was, head] = [headOf(before), headOf(thread)]
    if (was && head && was.messageId !== head.messageId) this.#delivery.transmit(conversationId, head.messageId)
  }

  #set(state: ChatState): void {
    this.#state = state
    if (this.#scheduled) return
    this.#scheduled = true
    this.#deps.schedule(() => {
      this.#scheduled = false
      for (const listener of this.#listeners) listener()
    })
  }
}

const headOf = (thread: Thread | undefined): Turn | undefined => thread?.turns.find(isUnderWay)
