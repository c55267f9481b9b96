import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AppError } from '../api/errors'
import { ChatController, type ControllerDeps } from './controller'
import type { ClientFrame, Message, ServerFrame } from './frames'
import { GOES_BY_ITSELF_FOR, KEPT_MESSAGES } from './keep'
import { Keeper, memoryShelf } from './keeper'
import { MESSAGE_BYTES } from './limits'

const c = 'default'

function world(keeper = new Keeper(memoryShelf(), 'ana')) {
  const sent: ClientFrame[] = []
  const posted: string[] = []
  const state = { open: false, ids: 0, postError: null as AppError | null, messagesError: null as AppError | null, replies: new Map<string, Message>(), reads: 0, history: [] as Message[] }
  const api: ControllerDeps['api'] = {
    messages: async () => {
      state.reads += 1
      if (state.messagesError) throw state.messagesError
      return { messages: state.history }
    },
    reply: async (_, id) => {
      const reply = state.replies.get(id)
      if (!reply) throw new AppError('not_found', 'none', false)
      return reply
    },
    post: async (conversationId, { messageId }) => {
      if (state.postError) throw state.postError
      posted.push(messageId)
      return { messageId, conversationId, position: 0, duplicate: false }
    },
  }
  const controller = new ChatController({
    api,
    keeper,
    now: () => 1000,
    newId: () => `m${++state.ids}`,
    schedule: (notify) => notify(),
    onActivity: () => {},
    send: (frame) => {
      if (state.open) sent.push(frame)
      return state.open
    },
  })
  const goOnline = async () => {
    state.open = true
    controller.link('open')
    controller.greet()
    await settle()
  }
  const goOffline = () => {
    state.open = false
    controller.link('waiting')
  }
  const turn = (id = 'm1') => controller.state().threads[c]?.turns.find((one) => one.messageId === id)
  const messages = () => sent.filter((frame) => frame.action === 'sendMessage').map((frame) => frame.messageId)
  return { controller, keeper, sent, posted, state, goOnline, goOffline, turn, messages }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const accepted = (messageId: string): ServerFrame => ({ type: 'accepted', messageId, conversationId: c, position: 0, duplicate: false })
const chunk = (offset: number, content: string): ServerFrame => ({ type: 'stream_chunk', conversationId: c, messageId: 'm1', offset, content })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a message keeps its files: while it waits, when it is sent, and when it is asked anew', async () => {
  const { controller, goOnline, sent, turn } = world()
  const attachments = [{ key: 'uploads/ana/1/a.pdf', name: 'a.pdf' }]
  controller.say(c, '', attachments)
  await goOnline()
  const frame = { action: 'sendMessage', messageId: 'm1', conversationId: c, message: '', attachments: [{ key: 'uploads/ana/1/a.pdf' }] }
  expect(sent).toContainEqual(frame)
  controller.receive(accepted('m1'))
  controller.receive({ type: 'error', code: 'run_failed', message: 'no', messageId: 'm1', conversationId: c, retryable: false })
  controller.retry(c, 'm1')
  expect(sent).toContainEqual({ ...frame, messageId: 'm2' })
  expect(turn('m2')?.asked?.attachments).toEqual(attachments)
})

test('a message without files names none', async () => {
  const { controller, goOnline, sent } = world()
  await goOnline()
  controller.say(c, 'hi')
  expect(sent.at(-1)).toEqual({ action: 'sendMessage', messageId: 'm1', conversationId: c, message: 'hi' })
})

test('what is written offline goes out once, in order', async () => {
  const { controller, goOnline, messages, turn } = world()
  controller.say(c, 'one')
  controller.say(c, 'two')
  expect(messages()).toEqual([])
  await goOnline()
  expect(messages()).toEqual(['m1'])
  controller.receive(accepted('m1'))
  expect(messages()).toEqual(['m1', 'm2'])
  controller.receive(accepted('m2'))
  await goOnline()
  expect(messages()).toEqual(['m1', 'm2'])
  expect(turn()?.delivery).toBe('accepted')
})

test('one message waits until the one before it is taken, or is refused for good', async () => {
  const { controller, goOnline, messages } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.say(c, 'two')
  controller.say('another', 'three')
  expect(messages()).toEqual(['m1', 'm3'])
  controller.receive({ type: 'error', code: 'bad_request', message: 'no', messageId: 'm1', conversationId: c, retryable: false })
  expect(messages()).toEqual(['m1', 'm3', 'm2'])
})

test('taking back the first of those that wait lets the next one go', async () => {
  const { controller, goOnline, messages } = world()
  controller.say(c, 'one')
  controller.say(c, 'two')
  controller.takeUp(c, 'm1')
  await goOnline()
  expect(messages()).toEqual(['m2'])
})

test('a message without an acceptance is sent again under the same id', async () => {
  const { controller, goOnline, goOffline, messages } = world()
  await goOnline()
  controller.say(c, 'one')
  goOffline()
  await goOnline()
  expect(messages()).toEqual(['m1', 'm1'])
})

test('silence after sending is answered over rest', async () => {
  const { controller, goOnline, posted, turn } = world()
  await goOnline()
  controller.say(c, 'one')
  await vi.advanceTimersByTimeAsync(10_000)
  expect([posted, turn()?.delivery]).toEqual([['m1'], 'accepted'])
})

test('a frame too large for a socket goes over rest, measured in bytes', async () => {
  const { controller, goOnline, posted, messages } = world()
  await goOnline()
  controller.say(c, '가'.repeat(10_000))
  controller.receive(accepted('m1'))
  controller.say(c, '가'.repeat(11_000))
  await settle()
  expect([messages(), posted]).toEqual([['m1'], ['m2']])
})

test('a message beyond every limit is refused before it is sent', async () => {
  const { controller, goOnline, sent, turn } = world()
  await goOnline()
  const before = sent.length
  expect(controller.say(c, 'x'.repeat(MESSAGE_BYTES + 1))).toMatch(/too long/)
  expect([sent.length, turn()]).toEqual([before, undefined])
  expect(controller.say(c, 'x'.repeat(MESSAGE_BYTES))).toBeNull()
})

test('a refused message says why and can be sent again under its id', async () => {
  const { controller, goOnline, state, posted, turn } = world()
  await goOnline()
  state.postError = new AppError('network', 'No answer.', true)
  controller.say(c, 'x'.repeat(40_000))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(turn()).toMatchObject({ delivery: 'refused', failure: { message: 'No answer.' } })
  state.postError = null
  controller.retry(c, 'm1')
  await settle()
  expect([posted, turn()?.failure]).toEqual([['m1'], null])
})

const refusal = (retryable: boolean): ServerFrame => ({ type: 'error', code: 'unavailable', message: 'Not now.', messageId: 'm1', conversationId: c, retryable })

test('a message refused for now goes again by itself, under its id, and not for ever', async () => {
  const { controller, goOnline, messages, turn } = world()
  await goOnline()
  controller.say(c, 'one')
  for (const wait of [1000, 3000, 6000]) {
    controller.receive(refusal(true))
    expect(turn()).toMatchObject({ delivery: 'sent', failure: null })
    vi.advanceTimersByTime(wait)
  }
  expect(messages()).toEqual(['m1', 'm1', 'm1', 'm1'])
  controller.receive(refusal(true))
  expect(turn()).toMatchObject({ delivery: 'refused', failure: { message: 'Not now.', retryable: true } })
  controller.retry(c, 'm1')
  controller.receive(refusal(true))
  expect(turn()?.failure).toBeNull()
})

test('a message accepted after a refusal does not go again', async () => {
  const { controller, goOnline, messages, posted } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.receive(refusal(true))
  controller.receive(accepted('m1'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect([messages(), posted]).toEqual([['m1'], []])
})

test('a message refused for good, or stopped meanwhile, does not go again', async () => {
  const { controller, goOnline, messages, turn } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.receive(refusal(false))
  expect(turn()?.failure?.message).toBe('Not now.')
  controller.say(c, 'two')
  controller.cancel(c, 'm2')
  controller.receive({ ...refusal(true), messageId: 'm2' } as ServerFrame)
  await vi.advanceTimersByTimeAsync(9000)
  expect([messages(), turn('m2')?.delivery]).toEqual([['m1', 'm2'], 'refused'])
})

test('a large message refused for now goes again over rest', async () => {
  const { controller, goOnline, state, posted, turn } = world()
  await goOnline()
  state.postError = new AppError('unavailable', 'Not now.', true)
  controller.say(c, 'x'.repeat(40_000))
  await settle()
  state.postError = null
  await vi.advanceTimersByTimeAsync(1000)
  expect([posted, turn()?.delivery]).toEqual([['m1'], 'accepted'])
})

test('a reply to a message this page was never told of has the conversation read again, once', async () => {
  const { controller, goOnline, state, turn } = world()
  controller.open(c)
  await goOnline()
  const before = state.reads
  state.history = [{ messageId: 'm1', conversationId: c, role: 'user', text: 'long', at: 1, channel: 'web', state: 'leased' }]
  controller.receive(chunk(0, 'Hel'))
  controller.receive(chunk(3, 'lo'))
  await settle()
  expect(state.reads - before).toBe(1)
  expect(turn()).toMatchObject({ asked: { text: 'long' }, reply: { text: 'Hello', outcome: null } })
  controller.receive({ type: 'stream_snapshot', conversationId: c, messageId: 'm2', offset: 0, content: 'x' })
  controller.receive({ type: 'stream_chunk', conversationId: 'elsewhere', messageId: 'm3', offset: 0, content: 'x' })
  await settle()
  expect(state.reads - before).toBe(2)
})

test('an answer of which nothing more is heard is asked for, less and less often', async () => {
  const { controller, goOnline, sent } = world()
  controller.open(c)
  await goOnline()
  controller.say(c, 'one')
  controller.receive(accepted('m1'))
  controller.receive(chunk(0, 'Hel'))
  sent.length = 0
  await vi.advanceTimersByTimeAsync(29_000)
  controller.receive(chunk(3, 'lo'))
  await vi.advanceTimersByTimeAsync(29_000)
  expect(sent).toEqual([])
  const asked = { action: 'resume', conversationId: c, messageId: 'm1', offset: 5 }
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent).toEqual([asked])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual([asked, asked])
  controller.receive({ type: 'stream_end', conversationId: c, messageId: 'm1', length: 5, outcome: 'complete' })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toEqual([asked, asked])
})

test('a run that failed is asked anew, under a new id', async () => {
  const { controller, goOnline, messages } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.receive(accepted('m1'))
  controller.receive({ type: 'error', code: 'run_failed', message: 'no', messageId: 'm1', conversationId: c, retryable: true })
  controller.retry(c, 'm1')
  expect(messages()).toEqual(['m1', 'm2'])
})

test('a second click on try again asks nothing a second time', async () => {
  const { controller, goOnline, messages, turn } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.receive(accepted('m1'))
  controller.receive({ type: 'error', code: 'run_failed', message: 'no', messageId: 'm1', conversationId: c, retryable: false })
  controller.retry(c, 'm1')
  controller.retry(c, 'm1')
  expect(messages()).toEqual(['m1', 'm2'])
  expect([turn('m1')?.askedAgain, turn('m2')?.asked?.text]).toEqual([true, 'one'])
})

test('an interrupted reply is resumed from nothing, and its new run is heard', async () => {
  const { controller, goOnline, goOffline, sent, turn } = world()
  controller.open(c)
  await goOnline()
  controller.say(c, 'one')
  controller.receive(accepted('m1'))
  controller.receive(chunk(0, 'Hello'))
  const moves: ServerFrame = { type: 'status', status: 'Stopping', phase: 'stopping', detail: 'Moving.', messageId: 'm1', conversationId: c }
  controller.receive(moves)
  expect(controller.state().agent).toMatchObject({ status: 'Stopping', detail: 'Moving.' })
  expect(turn()?.reply).toMatchObject({ text: 'Hello', interrupted: true })
  goOffline()
  sent.length = 0
  await goOnline()
  expect(sent).toContainEqual({ action: 'resume', conversationId: c, messageId: 'm1', offset: 0 })
  controller.receive(chunk(0, 'New'))
  expect(turn()?.reply).toMatchObject({ text: 'New', interrupted: false })
})

test('what is said about one message is not said of the agent', async () => {
  const { controller, goOnline } = world()
  controller.open(c)
  await goOnline()
  controller.say(c, 'one')
  controller.receive({ type: 'status', status: 'Running', phase: 'startingGateway', detail: 'Starting again.' })
  const about = { type: 'status', status: 'Running', messageId: 'm1', conversationId: c } as const
  controller.receive({ ...about, phase: 'retrying', detail: 'Trying again in 5 s.' })
  expect(controller.state().agent.detail).toBe('Starting again.')
  controller.receive({ ...about, phase: 'ready', detail: 'Your agent is answering.' })
  expect(controller.state().agent).toMatchObject({ phase: 'ready', detail: null })
})

test('every open resumes the conversation on screen and each reply held in part', async () => {
  const { controller, goOnline, goOffline, sent } = world()
  controller.open(c)
  await goOnline()
  controller.receive(chunk(0, 'Hello'))
  goOffline()
  sent.length = 0
  await goOnline()
  expect(sent).toContainEqual({ action: 'resume', conversationId: c })
  expect(sent).toContainEqual({ action: 'resume', conversationId: c, messageId: 'm1', offset: 5 })
})

test('a gap is asked for once', async () => {
  const { controller, goOnline, sent, turn } = world()
  controller.open(c)
  await goOnline()
  controller.receive(chunk(0, 'Hel'))
  sent.length = 0
  for (const offset of [9, 10, 11]) controller.receive(chunk(offset, 'x'))
  expect(sent).toEqual([{ action: 'resume', conversationId: c, messageId: 'm1', offset: 3 }])
  controller.receive(chunk(3, 'lo'))
  expect(turn()?.reply?.text).toBe('Hello')
})

test('an end that does not fit is read over rest', async () => {
  const { controller, goOnline, state, turn } = world()
  controller.open(c)
  await goOnline()
  state.replies.set('m1', { messageId: 'm1', conversationId: c, role: 'assistant', text: 'Hello', at: 1, channel: 'web', outcome: 'complete' })
  controller.receive(chunk(0, 'Hel'))
  controller.receive({ type: 'stream_end', conversationId: c, messageId: 'm1', length: 5, outcome: 'complete' })
  await settle()
  expect(turn()).toMatchObject({ reply: { text: 'Hello', outcome: 'complete' }, needs: null, failure: null })
})

test('a reply whose rest cannot be had says so', async () => {
  const { controller, goOnline, turn } = world()
  controller.open(c)
  await goOnline()
  controller.receive(chunk(0, 'Hel'))
  controller.receive({ type: 'stream_end', conversationId: c, messageId: 'm1', length: 5, outcome: 'complete' })
  await settle()
  expect(turn()?.failure?.code).toBe('incomplete')
})

test('stop withdraws what has not left and cancels what has, once the line is back', async () => {
  const { controller, goOnline, goOffline, sent, turn } = world()
  controller.say(c, 'one')
  controller.cancel(c, 'm1')
  expect(turn()).toBeUndefined()
  await goOnline()
  controller.say(c, 'two')
  controller.receive(accepted('m2'))
  goOffline()
  controller.cancel(c, 'm2')
  await goOnline()
  expect(sent).toContainEqual({ action: 'cancel', messageId: 'm2' })
})

test('a stop that overtakes its message is said again when the message is there', async () => {
  const { controller, goOnline, sent } = world()
  controller.open(c)
  await goOnline()
  controller.say(c, 'one')
  controller.cancel(c, 'm1')
  sent.length = 0
  controller.receive(accepted('m1'))
  controller.receive(chunk(0, 'x'))
  controller.receive(chunk(1, 'y'))
  const cancel = { action: 'cancel', messageId: 'm1' }
  expect(sent).toEqual([cancel, cancel])
})

test('words are proof that the agent runs', async () => {
  const { controller, goOnline } = world()
  controller.open(c)
  await goOnline()
  controller.receive({ type: 'status', status: 'Starting', phase: 'restoring' })
  controller.receive(chunk(0, 'x'))
  expect(controller.state().agent.status).toBe('Running')
})

test('a message that has not left the page is taken back, and never sent', async () => {
  const { controller, goOnline, messages, turn } = world()
  controller.say(c, 'one')
  expect(controller.takeUp(c, 'm1')).toMatchObject({ withdrawn: true, asked: { text: 'one' } })
  expect(turn()).toBeUndefined()
  await goOnline()
  expect(messages()).toEqual([])
})

test('a message on record stays when it is asked anew, and goes out under an id of its own', async () => {
  const { controller, goOnline, messages, turn } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.receive(accepted('m1'))
  controller.receive({ type: 'error', code: 'run_failed', message: 'no', messageId: 'm1', conversationId: c, retryable: false })
  expect(controller.takeUp(c, 'm1')).toMatchObject({ withdrawn: false })
  controller.say(c, 'another', [], 'm1')
  expect(messages()).toEqual(['m1', 'm2'])
  expect(turn('m1')?.asked?.text).toBe('one')
})

test('a message that the server never took is replaced by its new words', async () => {
  const { controller, goOnline, turn } = world()
  await goOnline()
  controller.say(c, 'one')
  controller.receive({ type: 'error', code: 'bad_request', message: 'no', messageId: 'm1', conversationId: c, retryable: false })
  expect(turn('m1')?.delivery).toBe('refused')
  controller.say(c, 'another', [], 'm1')
  expect(turn('m1')).toBeUndefined()
  expect(turn('m2')?.asked?.text).toBe('another')
})

test('what was not sent before a reload is sent after it, once and in order', async () => {
  const before = world()
  before.controller.say(c, 'one', [{ key: 'k', name: 'a.pdf' }])
  before.controller.say(c, 'two')
  const after = world(before.keeper)
  expect(after.turn('m1')?.asked).toMatchObject({ text: 'one', attachments: [{ key: 'k', name: 'a.pdf' }] })
  await after.goOnline()
  after.controller.receive(accepted('m1'))
  after.controller.receive(accepted('m2'))
  expect(after.messages()).toEqual(['m1', 'm2'])
  expect(world(before.keeper).turn()).toBeUndefined()
})

test('what is refused for now waits through a reload, what is refused for good does not', async () => {
  const before = world()
  await before.goOnline()
  before.controller.say(c, 'one')
  before.controller.receive({ type: 'error', code: 'bad_request', message: 'no', messageId: 'm1', conversationId: c, retryable: false })
  before.controller.say(c, 'two')
  before.state.postError = new AppError('unavailable', 'later', true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(before.turn('m2')?.delivery).toBe('refused')
  expect(before.keeper.messages().map(({ messageId }) => messageId)).toEqual(['m2'])
})

test('a message that another tab keeps is sent by the one that comes online', async () => {
  const writing = world()
  const other = world(writing.keeper)
  writing.controller.say(c, 'one')
  expect(other.turn()).toBeUndefined()
  await other.goOnline()
  expect(other.messages()).toEqual(['m1'])
})

test('a message that was taken back in another tab is not sent in this one', async () => {
  const writing = world()
  writing.controller.say(c, 'one')
  const other = world(writing.keeper)
  writing.controller.takeUp(c, 'm1')
  other.controller.settledElsewhere('m1')
  await other.goOnline()
  expect(other.messages()).toEqual([])
})

test('a message that waited too long is sent by a person, not by itself', async () => {
  const keeper = new Keeper(memoryShelf(), 'ana')
  keeper.keep({ conversationId: c, messageId: 'm1', text: 'old', attachments: [], at: 1000 - GOES_BY_ITSELF_FOR })
  const { goOnline, messages, controller, turn } = world(keeper)
  await goOnline()
  expect(messages()).toEqual([])
  expect(turn()?.failure?.retryable).toBe(true)
  controller.retry(c, 'm1')
  expect(messages()).toEqual(['m1'])
})

test('when too many messages wait, one more stays in the box', () => {
  const { controller, keeper } = world()
  for (let n = 0; n < KEPT_MESSAGES; n += 1) expect(controller.say(c, `${n}`)).toBeNull()
  expect(controller.say(c, 'one more')).toMatch(/wait/)
  expect(keeper.messages()).toHaveLength(KEPT_MESSAGES)
})

test('a place that cannot be found leaves the end on screen, and says why', async () => {
  const { controller, goOnline, state } = world()
  await goOnline()
  controller.open(c)
  await settle()
  state.messagesError = new AppError('not_found', 'There is no such place.', false)
  await controller.visit(c, 'p')
  expect(controller.state().threads[c]).toMatchObject({ seeking: null, stretch: null, notice: { message: 'There is no such place.' } })
})
