/** History, page by page: how its rows become turns, and how a page meets what is there already. */
import type { Message, MessagesPage } from './frames'
import type { Thread } from './thread'
import { blankTurn, type Reply, started, type Turn, writing } from './turn'

/** Turns without a gap between them, and where the pages before and after them start. */
export interface Stretch {
  turns: Turn[]
  before: string | null
  after: string
}

export function fromHistory(turn: Turn, row: Message): Turn {
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
export function mergeNewest(thread: Thread, page: MessagesPage): Thread {
  const fresh = turnsOf(page.messages, byId(thread.turns))
  const known = new Set(fresh.map((turn) => turn.messageId))
  const meets = thread.turns.findIndex((turn) => known.has(turn.messageId))
  const older = meets > 0 ? thread.turns.slice(0, meets) : []
  const rest = thread.turns.slice(Math.max(meets, 0)).filter((turn) => !known.has(turn.messageId))
  // Without an overlap more than a page was missed; settled turns come back by scrolling up.
  const newer = meets >= 0 || !page.before ? rest : rest.filter((turn) => turn.delivery !== 'accepted' || !turn.reply?.outcome)
  const before = meets > 0 ? thread.before : (page.before ?? null)
  return joined({ ...thread, turns: [...older, ...fresh, ...newer], before, loaded: true })
}

/** The page before a place that is still the oldest: of the window, or else of the end. */
export function mergeOlder(thread: Thread, page: MessagesPage, place: string): Thread {
  const { stretch } = thread
  const before = page.before ?? null
  if (stretch?.before === place) return { ...thread, stretch: { ...stretch, turns: prepend(page.messages, stretch.turns), before } }
  return thread.before === place ? { ...thread, turns: prepend(page.messages, thread.turns), before } : thread
}

function prepend(rows: Message[], turns: Turn[]): Turn[] {
  const fresh = turnsOf(rows, byId(turns))
  return [...fresh, ...without(turns, fresh)]
}

/** Opens a window, unless the end is in sight from there. */
export function around(thread: Thread, page: MessagesPage): Thread {
  const turns = turnsOf(page.messages, byId(thread.turns))
  const stretch = { turns, before: page.before ?? null, after: page.after ?? '' }
  return goesOn({ ...thread, seeking: null, stretch }, page)
}

/** The page after the window, which may reach the end. */
export function later(thread: Thread, page: MessagesPage, place: string): Thread {
  const { stretch } = thread
  if (stretch?.after !== place) return thread
  const fresh = turnsOf(page.messages, byId([...thread.turns, ...stretch.turns]))
  return goesOn({ ...thread, stretch: { ...stretch, turns: [...without(stretch.turns, fresh), ...fresh], after: page.after ?? '' } }, page)
}

const goesOn = (thread: Thread, page: MessagesPage): Thread => joined(thread, page.goesOn !== true || !page.after)

/** A window that meets the end, or is known to reach it, is a window no more. */
function joined(thread: Thread, reachesEnd = false): Thread {
  const { stretch, turns } = thread
  if (!stretch) return thread
  const older = without(stretch.turns, turns)
  const meets = older.length < stretch.turns.length
  if (!meets && !reachesEnd) return thread
  // Inside of what is there already, it says nothing about what comes before that.
  const before = older.length > 0 || turns.length === 0 ? stretch.before : thread.before
  return { ...thread, turns: [...older, ...turns], before, stretch: null }
}

const byId = (turns: Turn[]): Map<string, Turn> => new Map(turns.map((turn) => [turn.messageId, turn]))

function without(turns: Turn[], others: Turn[]): Turn[] {
  const known = new Set(others.map((turn) => turn.messageId))
  return turns.filter((turn) => !known.has(turn.messageId))
}
