import { expect, test } from 'vitest'
import { text } from '../text'
import { type Agent, unknownAgent } from './agent'
import { agentState, projectThread } from './projection'
import type { Link } from './socket'
import { emptyThread, reduceThread, type ThreadEvent } from './thread'

const c = 'default'
const agent = (status: Agent['status'], more: Partial<Agent> = {}): Agent => ({ ...unknownAgent, status, ...more })
const thread = (...events: ThreadEvent[]) => events.reduce(reduceThread, emptyThread(c))
const view = (events: ThreadEvent[], who = agent('Running'), link: Link = 'open') => projectThread(thread(...events), who, link)

const said = (messageId = 'm1'): ThreadEvent => ({ type: 'said', messageId, text: 'hi', at: 1 })
const accepted = (messageId = 'm1', position = 0): ThreadEvent => ({ type: 'accepted', messageId, conversationId: c, position, duplicate: false })
const words: ThreadEvent = { type: 'stream_chunk', conversationId: c, messageId: 'm1', offset: 0, content: 'Hello' }
const end = (outcome: 'complete' | 'truncated' | 'cancelled', length = 5): ThreadEvent => ({
  type: 'stream_end',
  conversationId: c,
  messageId: 'm1',
  length,
  outcome,
})

const error = (retryable: boolean): ThreadEvent => ({ type: 'error', code: 'run_failed', message: 'No.', messageId: 'm1', conversationId: c, retryable })

test('a message says where it is', () => {
  expect(view([said()]).turns[0]?.line).toBe(text.turn.sending)
  expect(view([said()], agent('Running'), 'waiting').turns[0]?.line).toBe(text.turn.kept)
  expect(view([said(), accepted()]).turns[0]?.line).toBe(text.turn.thinking)
  expect(view([said(), accepted('m1', 2)]).turns[0]?.line).toBe(text.turn.ahead(2))
  expect(view([said(), accepted(), words]).turns[0]?.line).toBeNull()
})

test('a retry is told beside the words that are there', () => {
  const retrying: ThreadEvent = { type: 'status', status: 'Running', phase: 'retrying', messageId: 'm1', conversationId: c, detail: 'Trying again in 5 s.' }
  expect(view([said(), accepted(), words, retrying]).turns[0]).toMatchObject({ line: 'Trying again in 5 s.', reply: { text: 'Hello' } })
  const again: ThreadEvent = { type: 'stream_snapshot', conversationId: c, messageId: 'm1', offset: 0, content: 'Hi' }
  expect(view([said(), accepted(), words, retrying, again]).turns[0]?.line).toBeNull()
})

test('the wake-up is shown once, under the first message that waits for it', () => {
  const turns = view([said('m1'), accepted('m1'), said('m2'), accepted('m2', 1)], agent('Starting', { phase: 'restoring' })).turns
  expect(turns.map((turn) => turn.waking)).toEqual([true, false])
  expect(turns[1]?.line).toBe(text.turn.ahead(1))
})

test('no reply ends silently', () => {
  expect(view([said(), accepted(), words, end('complete')]).turns[0]?.reply?.ending).toBeNull()
  expect(view([said(), accepted(), words, end('truncated')]).turns[0]?.reply?.ending).toBe(text.turn.outcome.truncated)
  expect(view([said(), accepted(), words, end('cancelled')]).turns[0]?.reply?.ending).toBe(text.turn.outcome.cancelled)
  expect(view([said(), accepted(), end('complete', 0)]).turns[0]?.reply?.ending).toBe(text.turn.empty)
})

test('half an emoji is not shown while the rest is on its way', () => {
  const half: ThreadEvent = { type: 'stream_chunk', conversationId: c, messageId: 'm1', offset: 0, content: 'Hi \uD83E' }
  expect(view([said(), accepted(), half]).turns[0]?.reply?.text).toBe('Hi ')
})

test('stop stops the first open turn, then the next, and can be said again', () => {
  expect(view([said('m1'), accepted('m1'), said('m2')]).stoppable).toBe('m1')
  const stopping: ThreadEvent = { type: 'cancelling', messageId: 'm1' }
  expect(view([said('m1'), accepted('m1'), said('m2'), stopping]).stoppable).toBe('m2')
  expect(view([said('m1'), accepted('m1'), stopping]).stoppable).toBe('m1')
  expect(view([said('m1'), accepted('m1'), words, end('complete')]).stoppable).toBeNull()
})

test('a failure offers a retry only where it can help', () => {
  expect(view([said(), accepted(), error(true)]).turns[0]?.failure).toEqual({ text: 'No.', retry: true })
  expect(view([said(), error(false)]).turns[0]?.failure).toEqual({ text: `${text.turn.refused} No.`, retry: false })
})

test('a settled turn is the same object again', () => {
  const state = thread(said(), accepted(), words, end('complete'))
  const again = reduceThread(state, said('m2'))
  const [first] = projectThread(state, agent('Running'), 'open').turns
  expect(projectThread(again, agent('Stopping'), 'waiting').turns[0]).toBe(first)
})

test('a run that failed is told once, and can always be asked anew', () => {
  const failed: ThreadEvent = { type: 'stream_end', conversationId: c, messageId: 'm1', length: 0, outcome: 'failed' }
  const [turn] = view([said(), accepted(), error(false), failed]).turns
  expect(turn).toMatchObject({ failure: { text: 'No.', retry: true }, reply: { ending: null } })
  const [half] = view([said(), accepted(), words, error(false), { ...failed, length: 5 }]).turns
  expect(half?.reply?.ending).toBe(text.turn.outcome.failed)
})

test('a screen reader hears stages, not words', () => {
  const more: ThreadEvent = { type: 'stream_chunk', conversationId: c, messageId: 'm1', offset: 5, content: ' you' }
  const one = view([said(), accepted(), words]).announcement
  expect(one).toBe(text.say.replying)
  expect(view([said(), accepted(), words, more]).announcement).toBe(one)
  expect(view([said(), accepted(), words, end('complete')]).announcement).toBe(text.say.finished)
})

test('the dot in the header tells the connection before the agent', () => {
  expect(agentState(agent('Running'), 'waiting', true)).toBe('reconnecting')
  expect(agentState(agent('Running'), 'open', true)).toBe('working')
  expect(agentState(agent('Running'), 'open', false)).toBe('ready')
  expect(agentState(agent('Idle'), 'open', false)).toBe('asleep')
})
