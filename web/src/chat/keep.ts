/**
 * What this browser keeps for a person: messages that the server has not taken, and drafts.
 * Pure: which of them, how many, and what of a stored text can be believed.
 */
import type { AttachedFile } from '../protocol'
import type { Written } from './drafts'
import { utf8Bytes } from './limits'
import type { Thread, Turn } from './thread'

export interface KeptMessage extends Written {
  conversationId: string
  messageId: string
  at: number
}

/** A draft, and the message whose words are written anew beside it. */
export interface KeptDraft extends Written {
  edit: (Written & { messageId: string }) | null
}

export const KEPT_MESSAGES = 50
export const KEPT_BYTES = 256 * 1024

/** The server knows the id of a message for a week. After that it would be said twice, and its files are gone. */
export const GOES_BY_ITSELF_FOR = 6 * 24 * 60 * 60_000

/** What the server has not taken, and may take. What it refused for good is nobody's to send. */
const isKept = ({ asked, delivery, failure }: Turn): boolean =>
  asked !== null && (delivery === 'queued' || delivery === 'sent' || (delivery === 'refused' && failure?.retryable === true))

function keptOf(thread: Thread | undefined): Map<string, KeptMessage> {
  const kept = new Map<string, KeptMessage>()
  for (const turn of thread?.turns ?? []) {
    if (!turn.asked || !isKept(turn)) continue
    const { text, attachments, at } = turn.asked
    kept.set(turn.messageId, { conversationId: thread?.conversationId ?? '', messageId: turn.messageId, text, attachments, at })
  }
  return kept
}

/** What one event of a conversation means for what is kept. */
export function keepChanges(before: Thread | undefined, after: Thread): { keep: KeptMessage[]; forget: string[] } {
  const [had, has] = [keptOf(before), keptOf(after)]
  return {
    keep: [...has.values()].filter(({ messageId }) => !had.has(messageId)),
    forget: [...had.keys()].filter((messageId) => !has.has(messageId)),
  }
}

const size = ({ text, attachments }: Written): number => utf8Bytes(JSON.stringify({ text, attachments }))

/** Whether one more message can be kept beside those that wait. */
export function hasRoom(kept: readonly Written[], next: Written): boolean {
  const bytes = [...kept, next].reduce((sum, one) => sum + size(one), 0)
  return kept.length < KEPT_MESSAGES && bytes <= KEPT_BYTES
}

/** In the order in which they were written. */
export const inOrder = (kept: readonly KeptMessage[]): KeptMessage[] => [...kept].toSorted((one, other) => one.at - other.at)

/** What is stored may be of another version, or of another hand: null for whatever is not ours. */
export function readMessage(stored: string | null): KeptMessage | null {
  const value = parse(stored)
  const written = writtenOf(value)
  const { conversationId, messageId, at } = value
  const isWhole = typeof conversationId === 'string' && typeof messageId === 'string' && typeof at === 'number'
  return written && isWhole ? { ...written, conversationId, messageId, at } : null
}

export function readDraft(stored: string | null): KeptDraft | null {
  const value = parse(stored)
  const written = writtenOf(value)
  if (!written) return null
  const edit = record(value['edit'])
  const anew = writtenOf(edit)
  const { messageId } = edit
  return { ...written, edit: anew && typeof messageId === 'string' ? { ...anew, messageId } : null }
}

export const isEmpty = ({ text, attachments, edit }: KeptDraft): boolean => text === '' && attachments.length === 0 && edit === null

type Fields = Record<string, unknown>

const record = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

function parse(stored: string | null): Fields {
  try {
    return record(JSON.parse(stored ?? 'null'))
  } catch {
    return {}
  }
}

function writtenOf({ text, attachments }: Fields): Written | null {
  if (typeof text !== 'string' || !Array.isArray(attachments)) return null
  return { text, attachments: attachments.map(record).filter(isFile) }
}

const isFile = (file: Fields): file is Fields & AttachedFile => typeof file['key'] === 'string' && typeof file['name'] === 'string'
