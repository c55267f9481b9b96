/** A thread as it is shown. Pure, and the same object again for a turn that has not changed. */
import { text } from '../text'
import { type Agent, isPostponed, isWaking, STAGES, stageIndex } from './agent'
import type { Link } from './socket'
import { type Failure, isOpen, type Reply, type Thread, type Tool, type Turn } from './thread'

export interface TurnView {
  id: string
  asked: Turn['asked']
  reply: { text: string; streaming: boolean; settled: boolean; ending: string | null } | null
  role: Turn['role']
  tools: Tool[]
  /** One line on what this turn is waiting for. */
  line: string | null
  /** The wake-up is shown here, under the first message that waits for it. */
  waking: boolean
  failure: { text: string; retry: boolean; askedAgain: boolean } | null
  /** What has not left this page is taken back to be written on; what is over is asked anew, in other words. */
  edit: 'takeBack' | 'askAnew' | null
}

export interface ThreadView {
  conversationId: string
  turns: TurnView[]
  loading: boolean
  empty: boolean
  hasOlder: boolean
  /** What is shown does not reach the end of the conversation. */
  hasLater: boolean
  notice: Failure | null
  /** The turn that Stop would stop. */
  stoppable: string | null
  /** What a screen reader hears; it changes at the stages of a reply, not at its words. */
  announcement: string
}

interface Around {
  agent: Agent
  link: Link
  waking: boolean
  /** Turns of this conversation that are answered first. */
  ahead: number
}

const settled = new WeakMap<Turn, TurnView>()

export function projectThread(thread: Thread, agent: Agent, link: Link): ThreadView {
  const firstWaiting = isWaking(agent) || isPostponed(agent) ? thread.turns.find(isWaiting) : undefined
  const open = thread.turns.filter(isOpen)
  const shown = thread.seeking === null ? (thread.stretch ?? thread) : { turns: [], before: null }
  const turns = shown.turns.map((turn) =>
    projectTurn(turn, { agent, link, waking: turn === firstWaiting, ahead: Math.max(open.indexOf(turn), 0) }),
  )
  // One that does not stop may be told again, once nothing else is left to stop.
  const running = open.find((turn) => !turn.cancelling) ?? open[0]
  return {
    conversationId: thread.conversationId,
    turns,
    loading: thread.seeking !== null || (!thread.loaded && turns.length === 0 && thread.notice === null),
    empty: thread.loaded && thread.seeking === null && turns.length === 0,
    hasOlder: shown.before !== null,
    hasLater: thread.stretch !== null,
    notice: thread.notice,
    stoppable: running?.messageId ?? null,
    announcement: announce(thread.turns.at(-1), agent, link),
  }
}

const isWaiting = (turn: Turn): boolean =>
  isOpen(turn) && (turn.reply === null || turn.reply.interrupted) && turn.delivery === 'accepted'

function projectTurn(turn: Turn, around: Around): TurnView {
  const cached = settled.get(turn)
  if (cached) return cached
  const view: TurnView = {
    id: turn.messageId,
    asked: turn.asked,
    reply: turn.reply && projectReply(turn.reply, turn),
    role: turn.role,
    tools: turn.tools,
    line: around.waking ? null : waitingFor(turn, around),
    waking: around.waking,
    failure: turn.failure && projectFailure(turn.failure, turn),
    edit: editOf(turn),
  }
  if (!isOpen(turn)) settled.set(turn, view)
  return view
}

function editOf(turn: Turn): TurnView['edit'] {
  if (turn.asked === null) return null
  if (turn.delivery === 'queued') return 'takeBack'
  return isOpen(turn) ? null : 'askAnew'
}

function projectReply(reply: Reply, turn: Turn): TurnView['reply'] {
  const ending = endingOf(reply)
  // What ended, and is being read because a part of it is missing here, is not there yet.
  const missing = turn.needs === 'reread' || turn.needs === 'rereading'
  const streaming = (reply.outcome === null || missing) && !reply.interrupted && !turn.failure
  // A failure that is told needs no second sentence about a reply that never began.
  const told = turn.failure !== null && reply.text === ''
  // While the whole text is being read again, a length that does not match is not yet news.
  const unsure = turn.needs !== null && !reply.interrupted
  return {
    text: reply.outcome === null ? withoutHalf(reply.text) : reply.text,
    streaming,
    settled: !isOpen(turn),
    ending: unsure || told ? null : ending,
  }
}

/** Half of a surrogate pair is not a character yet. */
const withoutHalf = (written: string): string => written.replace(/[\uD800-\uDBFF]$/, '')

function endingOf({ outcome, interrupted, text: written }: Reply): string | null {
  if (interrupted) return text.turn.interrupted
  if (outcome === null) return null
  if (outcome === 'complete') return written === '' ? text.turn.empty : null
  return text.turn.outcome[outcome]
}

function projectFailure(failure: Failure, turn: Turn): TurnView['failure'] {
  const own = failure.code === 'dead' ? text.turn.dead : turn.delivery === 'refused' ? text.turn.refused : ''
  const why = failure.code === 'spend_cap_reached' ? text.errors.spendCap : failure.message
  const parts = [own, why].filter((part) => part !== '')
  // What the server refused for good it refuses again; what it took can always be asked anew.
  const retry = turn.asked !== null && (failure.retryable || (turn.delivery === 'accepted' && failure.code !== 'incomplete'))
  return { text: parts.join(' ') || text.errors.unknown, retry, askedAgain: turn.askedAgain }
}

function waitingFor(turn: Turn, around: Around): string | null {
  const { link, ahead } = around
  if (!isOpen(turn)) return null
  if (turn.cancelling) return text.turn.stopping
  if (turn.delivery !== 'accepted') return link === 'open' || link === 'connecting' ? text.turn.sending : text.turn.kept
  if (turn.note !== null) return turn.note || text.turn.retrying
  if (turn.reply && !turn.reply.interrupted) return null
  const before = turn.position ?? ahead
  if (before > 0) return text.turn.ahead(before)
  return ahead > 0 ? text.turn.next : waitingForAgent(turn, around)
}

function waitingForAgent(turn: Turn, { agent }: Around): string | null {
  switch (agent.status) {
    case 'Stopping':
      return turn.reply ? text.turn.moving : (agent.detail ?? text.turn.napping)
    case 'Idle':
      return turn.reply ? text.turn.moving : text.turn.asleep
    case 'Running':
      if (turn.reply || !turn.tools.some((tool) => tool.state === 'start')) return agent.detail ?? text.turn.thinking
      return null
    default:
      return text.turn.saved
  }
}

function announce(last: Turn | undefined, agent: Agent, link: Link): string {
  if (!last || last.failure) return ''
  if (last.reply?.outcome) return text.say.finished
  if (last.reply && !last.reply.interrupted) return text.say.replying
  if (last.delivery !== 'accepted') return link === 'open' ? '' : text.say.kept
  if (agent.status !== 'Starting') return last.reply ? text.turn.interrupted : text.say.queued
  return text.say.waking(stageLabel(agent))
}

export const stageLabel = (agent: Agent): string =>
  agent.phase === 'restoring' ? text.waking.restoring : text.waking.stages[STAGES[stageIndex(agent)] ?? 'provisioning']

export type AgentState = keyof Omit<typeof text.agent, 'label'>

/** One word for the dot in the header. */
export function agentState(agent: Agent, link: Link, busy: boolean): AgentState {
  if (link === 'waiting') return 'reconnecting'
  if (link === 'signedOut' || link === 'closed') return 'offline'
  if (agent.status === null) return 'unknown'
  if (agent.status === 'Idle') return busy ? 'waking' : 'asleep'
  if (agent.status === 'Starting') return 'waking'
  if (agent.status === 'Stopping') return busy ? 'moving' : 'stopping'
  return busy ? 'working' : 'ready'
}
