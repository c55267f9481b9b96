/** One message with everything that came of it, and the few things that are asked about it everywhere. */
import type { AttachedFile } from '../protocol'
import type { Outcome, ToolFrame, Usage } from './frames'

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

export const blankTurn = (messageId: string): Turn => ({
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

export const started = (turn: Turn): Turn => ({ ...turn, delivery: 'accepted', position: null, note: null })

/** The server has neither taken nor refused it. */
export const isUnderWay = ({ delivery }: Turn): boolean => delivery === 'queued' || delivery === 'sent'

/** Still owed an answer. */
export const isOpen = (turn: Turn): boolean => !turn.failure && !turn.reply?.outcome && (turn.asked !== null || turn.reply !== null)

/** What is held of the run that writes now. What an interrupted one left is only shown. */
export const written = ({ reply }: Turn): string => (reply && !reply.interrupted ? reply.text : '')

/** The offset a resume names. */
export const unitsHeld = (turn: Turn): number => written(turn).length

export const writing = (text: string): Reply => ({ text, outcome: null, interrupted: false, usage: null })
