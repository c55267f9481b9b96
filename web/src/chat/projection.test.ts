import { expect, test } from 'vitest'
import { text } from '../text'
import { type Agent, unknownAgent } from './agent'
import type { Message } from './frames'
import { agentState, projectThread } from './projection'
import type { Link } from './socket'
import { emptyThread, reduceThread, type ThreadEvent } from './thread'

const c = 'default'
const agent = (status: Agent['status'], more: Partial<Agent> = {}): Agent => ({ ...unknownAgent, status, ...more })
const thread = (...events: ThreadEvent[]) => events.reduce(reduceThread, emptyThread(c))
const view = (events: ThreadEvent[], who = agent('Running'), link: Link = 'open') => projectThread(thread(...events), who, link)

const waitingRow = (messageId: string): Message => ({ messageId, conversationId: c, role: 'user', text: 'hi', at: 1, channel: 'web', state: 'pending' })

const lines = (...events: ThreadEvent[]) => view(events).turns.map((turn) => turn.line)

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
  expect(view([said(), accepted('m1', 2)]).turns[0]?.line).toBe('2 messages are answered before this one.')
  expect(view([said(), accepted(), words]).turns[0]?.line).toBeNull()
})

test('a reply that ended is still being written while a part of it is missing here', () => {
  expect(view([said(), accepted(), words, end('complete', 9)]).turns[0]?.reply?.streaming).toBe(true)
  expect(view([said(), accepted(), words, end('complete')]).turns[0]?.reply?.streaming).toBe(false)
})

test('each message that waits says behind how many', () => {
  const three = [said('m1'), accepted('m1'), said('m2'), accepted('m2', 1), said('m3'), accepted('m3', 2)]
  expect(lines(...three)).toEqual([text.turn.thinking, text.turn.ahead(1), text.turn.ahead(2)])
  // Once the first runs, the server counts only those between.
  expect(lines(...three, words, accepted('m2', 0), accepted('m3', 1))).toEqual([null, text.turn.next, text.turn.ahead(1)])
  expect(lines(...three, words, end('complete'))).toEqual([null, text.turn.thinking, text.turn.ahead(1)])
})

test('after a reload the page counts for itself until the server has', () => {
  const messages = ['m1', 'm2', 'm3'].map(waitingRow)
  expect(lines({ type: 'newest', page: { messages } })).toEqual([text.turn.thinking, text.turn.ahead(1), text.turn.ahead(2)])
})

test('a message says what keeps its agent', () => {
  const agents = [unknownAgent, agent('Idle'), agent('Stopping'), agent('Stopping', { detail: 'Moving.' }), agent('Running', { detail: 'Starting again.' })]
  expect(agents.map((who) => view([said(), accepted()], who).turns[0]?.line)).toEqual([
    text.turn.saved,
    text.turn.asleep,
    text.turn.napping,
    'Moving.',
    'Starting again.',
  ])
})

test('an interrupted reply stays in sight, with the stages of what continues it', () => {
  const moves: ThreadEvent = { type: 'status', status: 'Stopping', phase: 'stopping', messageId: 'm1', conversationId: c }
  const seen = (who: Agent) => view([said(), accepted(), words, moves], who)
  expect(seen(agent('Stopping')).turns[0]).toMatchObject({
    reply: { text: 'Hello', streaming: false, ending: text.turn.interrupted },
    line: text.turn.moving,
    waking: false,
  })
  expect(seen(agent('Idle')).turns[0]).toMatchObject({ line: text.turn.moving, waking: false })
  expect(seen(agent('Starting')).turns[0]).toMatchObject({ line: null, waking: true, reply: { text: 'Hello' } })
  expect(seen(agent('Running')).turns[0]).toMatchObject({ line: text.turn.thinking, waking: false })
  const gap: ThreadEvent = { type: 'stream_chunk', conversationId: c, messageId: 'm1', offset: 9, content: '!' }
  expect(view([said(), accepted(), words, moves, gap]).turns[0]?.reply?.ending).toBe(text.turn.interrupted)
  expect(seen(agent('Idle')).announcement).toBe(text.turn.interrupted)
  expect(seen(agent('Idle')).stoppable).toBe('m1')
})

test('a wake-up that was postponed is shown where the wake-up would be', () => {
  const postponed = agent('Idle', { phase: 'retrying', detail: 'No machine is free.' })
  expect(view([said(), accepted()], postponed).turns[0]).toMatchObject({ waking: true, line: null })
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
  expect(view([said(), accepted(), error(true)]).turns[0]?.failure).toEqual({ text: 'No.', retry: true, askedAgain: false })
  expect(view([said(), error(false)]).turns[0]?.failure).toEqual({ text: `${text.turn.refused} No.`, retry: false, askedAgain: false })
})

test('a dead message says why and can be asked again, after a reload as well', () => {
  const row = { messageId: 'm1', conversationId: c, at: 1, channel: 'web' } as const
  const dead = { ...row, role: 'user', text: 'hi', state: 'dead' } as const
  const reply = { ...row, role: 'assistant', text: '', outcome: 'failed', error: 'The key is wrong.' } as const
  const [turn] = view([{ type: 'newest', page: { messages: [dead, reply] } }]).turns
  expect(turn).toMatchObject({ asked: { text: 'hi' }, failure: { text: 'The key is wrong.', retry: true }, reply: { ending: null } })
  expect(view([{ type: 'newest', page: { messages: [dead] } }]).turns[0]?.failure).toMatchObject({ text: text.turn.dead, retry: true })
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
  expect(agentState(agent('Idle'), 'open', true)).toBe('waking')
  expect(agentState(agent('Stopping'), 'open', false)).toBe('stopping')
  expect(agentState(agent('Stopping'), 'open', true)).toBe('moving')
})

const edit = (...events: ThreadEvent[]) => view(events).turns[0]?.edit

test('a message can be edited when it is over, and taken back while it is only here', () => {
  expect(edit(said())).toBe('takeBack')
  expect(edit(said(), { type: 'sent', messageId: 'm1' })).toBeNull()
  expect(edit(said(), accepted())).toBeNull()
  expect(edit(said(), accepted(), words)).toBeNull()
  expect(edit(said(), accepted(), words, end('complete'))).toBe('askAnew')
  expect(edit(said(), error(true))).toBe('askAnew')
})

const row = (messageId: string, role: Message['role']): Message => ({ messageId, conversationId: c, role, text: messageId, at: 1, channel: 'web', state: 'done', outcome: 'complete' })
const pair = (messageId: string) => [row(messageId, 'user'), row(messageId, 'assistant')]

test('a window is shown instead of the end, and a search for it instead of both', () => {
  const latest: ThreadEvent = { type: 'newest', page: { messages: pair('end') } }
  const seeking: ThreadEvent = { type: 'seeking', place: 'p' }
  const around: ThreadEvent = { type: 'around', place: 'p', page: { messages: pair('old'), before: 'b', after: 'a', goesOn: true } }
  const seen = (...events: ThreadEvent[]) => {
    const { turns, loading, hasOlder, hasLater } = view(events)
    return { turns: turns.map(({ id }) => id), loading, hasOlder, hasLater }
  }
  expect(seen(latest, seeking)).toEqual({ turns: [], loading: true, hasOlder: false, hasLater: false })
  expect(seen(latest, seeking, around)).toEqual({ turns: ['old'], loading: false, hasOlder: true, hasLater: true })
  expect(view([latest, seeking, around, said()]).stoppable).toBe('m1')
})
