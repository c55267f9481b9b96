/**
 * One conversation: events in, state out.
 *
 * A turn is a person's message with everything that came of it, so a reply, its
 * tools and its error can never be attached to the wrong message. Offsets and
 * lengths count UTF-16 units, which is what `String.length` counts.
 */
import type { AttachedFile } from '../protocol'
import type { EndFrame, ErrorFrame, Message, MessagesPage, ServerFrame, StatusFrame, TextFrame, ToolFrame, WholeFrame } from './frames'
import { around, fromHistory, later, mergeNewest, mergeOlder, type Stretch } from './history'
import { blankTurn, type Failure, isOpen, type Reply, started, type Tool, type Turn, writing, written } from './turn'

export { isOpen, isUnderWay, unitsHeld } from './turn'
export type { Asked, Delivery, Failure, Reply, Tool, Turn } from './turn'

export interface Thread {
  conversationId: string
  turns: Turn[]
  /** Where the page before the oldest turn starts; null at the beginning of time. */
  before: string | null
  loaded: boolean
  /** The place that is being looked for; what is shown meanwhile would only be in the way. */
  seeking: string | null
  /** A part of the conversation that does not reach its end, and is read instead of it. The end goes on in `turns`. */
  stretch: Stretch | null
  notice: Failure | null
}

export type ThreadEvent =
  | ServerFrame
  | { type: 'said'; messageId: string; text: string; attachments?: AttachedFile[]; at: number }
  | { type: 'sent'; messageId: string }
  | { type: 'failed'; messageId: string; failure: Failure }
  | { type: 'withdrawn'; messageId: string }
  | { type: 'cancelling'; messageId: string }
  | { type: 'askedAgain'; messageId: string }
  | { type: 'requested'; messageId: string }
  | { type: 'reread'; messageId: string; reply: Message }
  | { type: 'newest'; page: MessagesPage }
  | { type: 'older'; page: MessagesPage; before: string }
  | { type: 'seeking'; place: string }
  | { type: 'around'; page: MessagesPage; place: string }
  | { type: 'later'; page: MessagesPage; after: string }
  | { type: 'latest' }
  | { type: 'noticed'; failure: Failure | null }

export const emptyThread = (conversationId: string): Thread => ({
  conversationId,
  turns: [],
  before: null,
  loaded: false,
  seeking: null,
  stretch: null,
  notice: null,
})

export function reduceThread(thread: Thread, event: ThreadEvent): Thread {
  switch (event.type) {
    case 'said':
      return change(thread, event.messageId, (turn) => ({
        ...turn,
        asked: { text: event.text, attachments: event.attachments ?? [], at: event.at, channel: 'web' },
        delivery: 'queued',
        failure: null,
      }))
    case 'sent':
      return change(thread, event.messageId, (turn) => (turn.delivery === 'queued' ? { ...turn, delivery: 'sent' } : turn))
    case 'failed':
      return change(thread, event.messageId, (turn) => failed(turn, event.failure))
    case 'withdrawn':
      return { ...thread, turns: thread.turns.filter((turn) => turn.messageId !== event.messageId) }
    case 'cancelling':
      return change(thread, event.messageId, (turn) => ({ ...turn, cancelling: true }))
    case 'askedAgain':
      return change(thread, event.messageId, (turn) => ({ ...turn, askedAgain: true }))
    case 'requested':
      return change(thread, event.messageId, requested)
    case 'reread':
      return change(thread, event.messageId, (turn) => fromHistory(turn, event.reply))
    case 'newest':
      return mergeNewest(thread, event.page)
    case 'older':
      return mergeOlder(thread, event.page, event.before)
    case 'seeking':
      return { ...thread, seeking: event.place, stretch: null }
    case 'around':
      return thread.seeking === event.place ? around(thread, event.page) : thread
    case 'later':
      return later(thread, event.page, event.after)
    case 'latest':
      return thread.seeking === null && thread.stretch === null ? thread : { ...thread, seeking: null, stretch: null }
    case 'noticed':
      return { ...thread, notice: event.failure }
    default:
      return reduceFrame(thread, event)
  }
}

function reduceFrame(thread: Thread, frame: ServerFrame): Thread {
  if ('conversationId' in frame && frame.conversationId != null && frame.conversationId !== thread.conversationId) {
    return thread
  }
  switch (frame.type) {
    case 'accepted':
      return change(thread, frame.messageId, (turn) => ({
        ...turn,
        delivery: 'accepted',
        failure: null,
        // A duplicate may answer long after the reply began; it is no longer waiting then.
        position: turn.reply === null ? frame.position : null,
      }))
    case 'stream_chunk':
      return change(thread, frame.messageId, (turn) => append(turn, frame))
    case 'stream_snapshot':
      return change(thread, frame.messageId, (turn) => replace(turn, frame))
    case 'stream_end':
      return advanceQueue(change(thread, frame.messageId, (turn) => end(turn, frame)))
    case 'tool':
      return change(thread, frame.messageId, (turn) => ({ ...started(turn), tools: withTool(turn.tools, frame) }))
    case 'message':
      return change(thread, frame.messageId, (turn) => whole(turn, frame))
    case 'error':
      return fail(thread, frame)
    case 'status':
      return informed(thread, frame)
    default:
      return thread
  }
}

/** Applies to the turn with this id, which is made at the end if it is new. */
function change(thread: Thread, messageId: string, apply: (turn: Turn) => Turn): Thread {
  const at = thread.turns.findLastIndex((turn) => turn.messageId === messageId)
  const found = thread.turns[at]
  if (!found && thread.stretch) {
    const turns = changeKnown(thread.stretch.turns, messageId, apply)
    if (turns) return { ...thread, stretch: { ...thread.stretch, turns } }
  }
  const turn = found ?? blankTurn(messageId)
  const changed = apply(turn)
  if (changed === found) return thread
  const turns = found ? thread.turns.with(at, changed) : [...thread.turns, changed]
  return { ...thread, turns }
}

function changeKnown(turns: Turn[], messageId: string, apply: (turn: Turn) => Turn): Turn[] | null {
  const at = turns.findLastIndex((turn) => turn.messageId === messageId)
  const found = turns[at]
  return found ? turns.with(at, apply(found)) : null
}

/** Every further chunk behind a gap says the same thing: it must not ask again. */
function requested(turn: Turn): Turn {
  if (turn.needs === 'resume') return { ...turn, needs: 'resuming' }
  return turn.needs === 'reread' ? { ...turn, needs: 'rereading' } : turn
}

function append(turn: Turn, { offset, content }: TextFrame): Turn {
  // A straggler from a socket that was replaced: the end has already been seen.
  if (turn.reply?.outcome) return turn
  const held = written(turn)
  if (offset > held.length) return { ...started(turn), needs: turn.needs ?? 'resume' }
  const missing = content.slice(held.length - offset)
  if (missing === '' && turn.reply) return turn
  return { ...started(turn), failure: null, needs: null, reply: writing(held + missing) }
}

function replace(turn: Turn, { content }: TextFrame): Turn {
  if (turn.reply?.outcome && turn.reply.text.startsWith(content)) return turn
  // Asked, the server says again what the interrupted run left; a new run has words of its own.
  const nothingNew = turn.reply?.interrupted && (content === '' || content === turn.reply.text)
  if (nothingNew) return turn.needs ? { ...turn, needs: null } : turn
  return { ...started(turn), failure: null, needs: null, reply: writing(content) }
}

function end(turn: Turn, { length, outcome, usage }: EndFrame): Turn {
  const text = written(turn)
  const reply = { text, outcome, interrupted: false, usage: usage ?? null }
  const tools = turn.tools.map((tool): Tool => (tool.state === 'start' ? { ...tool, state: 'end' } : tool))
  const needs = text.length === length ? null : turn.needs === 'rereading' ? 'rereading' : 'reread'
  return { ...started(turn), cancelling: false, tools, reply, needs }
}

function withTool(tools: Tool[], { toolCallId, name, state, summary }: ToolFrame): Tool[] {
  const at = tools.findIndex((tool) => tool.id === toolCallId)
  const before = tools[at]
  if (!before) return [...tools, { id: toolCallId, name, state, summary }]
  // A repeated `start` after a reconnect must not reopen a step that is over.
  if (state === 'start' && before.state !== 'start') return tools
  return tools.with(at, { ...before, state, summary: summary || before.summary })
}

function whole(turn: Turn, { role, content, attachments = [], channel, at }: WholeFrame): Turn {
  if (role === 'user') return turn.asked ? turn : { ...turn, asked: { text: content, attachments, at, channel } }
  const reply: Reply = { text: content, outcome: 'complete', interrupted: false, usage: turn.reply?.usage ?? null }
  return { ...started(turn), role, reply, repliedAt: at, cancelling: false, needs: null, failure: null }
}

function fail(thread: Thread, { code, message, retryable, messageId }: ErrorFrame): Thread {
  const failure = { code, message, retryable }
  if (!messageId || !thread.turns.some((turn) => turn.messageId === messageId)) {
    return messageId ? thread : { ...thread, notice: failure }
  }
  return change(thread, messageId, (turn) => failed(turn, failure))
}

/** A message the server never took may be sent again under the same id. */
function failed(turn: Turn, failure: Failure): Turn {
  const delivery = turn.delivery === 'accepted' ? 'accepted' : 'refused'
  return { ...turn, failure, delivery, cancelling: false, position: null, note: null, needs: null }
}

function informed(thread: Thread, frame: StatusFrame): Thread {
  const { messageId } = frame
  if (messageId == null || !thread.turns.some((turn) => turn.messageId === messageId && isOpen(turn))) return thread
  return change(thread, messageId, (turn) => inform(turn, frame))
}

function inform(turn: Turn, { phase, detail, queuedBehind }: StatusFrame): Turn {
  if (phase === 'retrying') return { ...turn, note: detail ?? '' }
  const position = queuedBehind ?? null
  return phase === 'stopping' ? interrupt({ ...turn, position }) : { ...turn, position }
}

/** The message is back in the inbox, and no step of its run will end any more. */
function interrupt(turn: Turn): Turn {
  const tools = turn.tools.map((tool): Tool => (tool.state === 'start' ? { ...tool, state: 'error' } : tool))
  const reply = turn.reply && turn.reply.text !== '' ? { ...turn.reply, interrupted: true } : null
  return { ...turn, tools, reply, note: null, needs: null }
}

/** One run is over, so whoever waits has one message less ahead. */
function advanceQueue(thread: Thread): Thread {
  if (!thread.turns.some((turn) => turn.position)) return thread
  return { ...thread, turns: thread.turns.map((turn) => (turn.position ? { ...turn, position: turn.position - 1 } : turn)) }
}
