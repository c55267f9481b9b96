/**
 * One conversation: events in, state out.
 *
 * A turn is a person's message with everything that came of it, so a reply, its
 * tools and its error can never be attached to the wrong message. Offsets and
 * lengths count UTF-16 units, which is what `String.length` counts.
 */
import type { AttachedFile } from '../protocol'
import type { EndFrame, ErrorFrame, Message, MessagesPage, Outcome, ServerFrame, StatusFrame, TextFrame, ToolFrame, Usage, WholeFrame } from './frames'

/** `queued`: here only. `sent`: on its way. `accepted`: safe on the server. */
export type Delivery = 'queued' | 'sent' | 'accepted' | 'refused'

export interface Tool {
  id: string
  name: string
  state: ToolFrame['state']
  summary: string
}

export interface Reply {
  text: string
  /** null while it is still being written. */
  outcome: Outcome | null
  /** Its run was stopped and another begins: shown until that has words of its own. */
  interrupted: boolean
  usage: Usage | null
}

export interface Failure {
  code: string
  message: string
  retryable: boolean
}

export interface Asked {
  text: string
  attachments: AttachedFile[]
  at: number
  channel: string
}

export interface Turn {
  messageId: string
  /** null for what nobody asked for: a word from the system, or a schedule. */
  asked: Asked | null
  delivery: Delivery
  /** How many are answered before this one, as the server counts; null once it has been taken. */
  position: number | null
  cancelling: boolean
  /** A person has asked the same anew, in a turn of its own. */
  askedAgain: boolean
  /** What the server says about this message while it works on it. */
  note: string | null
  tools: Tool[]
  reply: Reply | null
  repliedAt: number | null
  role: 'assistant' | 'system'
  failure: Failure | null
  /** What the server must be asked for before this turn can be shown whole. */
  needs: 'resume' | 'resuming' | 'reread' | 'rereading' | null
}

export interface Thread {
  conversationId: string
  turns: Turn[]
  /** Where the page before the oldest turn starts; null at the beginning of time. */
  before: string | null
  loaded: boolean
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
  | { type: 'older'; page: MessagesPage }
  | { type: 'noticed'; failure: Failure | null }

export const emptyThread = (conversationId: string): Thread => ({
  conversationId,
  turns: [],
  before: null,
  loaded: false,
  notice: null,
})

const blankTurn = (messageId: string): Turn => ({
  messageId,
  asked: null,
  delivery: 'accepted',
  position: null,
  cancelling: false,
  askedAgain: false,
  note: null,
  tools: [],
  reply: null,
  repliedAt: null,
  role: 'assistant',
  failure: null,
  needs: null,
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
      return mergeOlder(thread, event.page)
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
  const turn = found ?? blankTurn(messageId)
  const changed = apply(turn)
  if (changed === found) return thread
  const turns = found ? thread.turns.with(at, changed) : [...thread.turns, changed]
  return { ...thread, turns }
}

/** Every further chunk behind a gap says the same thing: it must not ask again. */
function requested(turn: Turn): Turn {
  if (turn.needs === 'resume') return { ...turn, needs: 'resuming' }
  return turn.needs === 'reread' ? { ...turn, needs: 'rereading' } : turn
}

const started = (turn: Turn): Turn => ({ ...turn, delivery: 'accepted', position: null, note: null })

/** Still owed an answer. */
export const isOpen = (turn: Turn): boolean => !turn.failure && !turn.reply?.outcome && (turn.asked !== null || turn.reply !== null)

/** What is held of the run that writes now. What an interrupted one left is only shown. */
const written = ({ reply }: Turn): string => (reply && !reply.interrupted ? reply.text : '')

/** The offset a resume names. */
export const unitsHeld = (turn: Turn): number => written(turn).length

const writing = (text: string): Reply => ({ text, outcome: null, interrupted: false, usage: null })

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

function fromHistory(turn: Turn, row: Message): Turn {
  if (row.role === 'user') return askedBefore(turn, row)
  const ended = row.outcome ?? (row.role === 'system' ? 'complete' : null)
  const held = turn.reply
  // A checkpoint of a reply that is still running never takes text away from us.
  if (!ended && held && held.text.length >= row.text.length) return turn
  const reply: Reply = { text: row.text, outcome: ended, interrupted: false, usage: row.usage ?? held?.usage ?? null }
  const cancelling = ended ? false : turn.cancelling
  const failure = row.error ? { code: 'failed', message: row.error, retryable: true } : ended ? null : turn.failure
  return { ...started(turn), role: row.role, reply, repliedAt: row.at, cancelling, failure, needs: null }
}

function askedBefore(turn: Turn, row: Message): Turn {
  const asked = { text: row.text, attachments: row.attachments ?? [], at: row.at, channel: row.channel }
  const dead = row.state === 'dead'
  const failure = dead ? { code: 'dead', message: row.error ?? '', retryable: true } : turn.failure
  const needs = row.state === 'done' && !turn.reply ? 'reread' : turn.needs
  return { ...turn, asked, failure, needs, reply: replySoFar(turn, row), delivery: 'accepted' }
}

/** A message that waits has no run: what there is of its reply is what an interrupted one left. */
function replySoFar({ reply }: Turn, { partial, state }: Message): Reply | null {
  const isLeft = partial != null && partial !== '' && (reply === null || (state === 'pending' && reply.outcome === null))
  return isLeft ? { ...writing(partial), interrupted: true } : reply
}

function turnsOf(rows: Message[], held: Map<string, Turn>): Turn[] {
  const turns = new Map<string, Turn>()
  for (const row of rows) {
    const turn = turns.get(row.messageId) ?? held.get(row.messageId) ?? blankTurn(row.messageId)
    turns.set(row.messageId, fromHistory(turn, row))
  }
  return [...turns.values()]
}

/** The latest page wins where it overlaps; older pages stay before it, what is newer stays after. */
function mergeNewest(thread: Thread, page: MessagesPage): Thread {
  const held = new Map(thread.turns.map((turn) => [turn.messageId, turn]))
  const fresh = turnsOf(page.messages, held)
  const known = new Set(fresh.map((turn) => turn.messageId))
  const meets = thread.turns.findIndex((turn) => known.has(turn.messageId))
  const older = meets > 0 ? thread.turns.slice(0, meets) : []
  const rest = thread.turns.slice(Math.max(meets, 0)).filter((turn) => !known.has(turn.messageId))
  // Without an overlap more than a page was missed; settled turns come back by scrolling up.
  const newer = meets >= 0 || !page.before ? rest : rest.filter((turn) => turn.delivery !== 'accepted' || !turn.reply?.outcome)
  const before = meets > 0 ? thread.before : (page.before ?? null)
  return { ...thread, turns: [...older, ...fresh, ...newer], before, loaded: true }
}

function mergeOlder(thread: Thread, page: MessagesPage): Thread {
  const held = new Map(thread.turns.map((turn) => [turn.messageId, turn]))
  const fresh = turnsOf(page.messages, held)
  const known = new Set(fresh.map((turn) => turn.messageId))
  const rest = thread.turns.filter((turn) => !known.has(turn.messageId))
  return { ...thread, turns: [...fresh, ...rest], before: page.before ?? null }
}
