import { describe, expect, test } from 'vitest'
import type { Message, MessagesPage, StatusFrame } from './frames'
import { emptyThread, reduceThread, type Thread, type ThreadEvent, type Turn } from './thread'

const c = 'default'
const play = (...events: ThreadEvent[]): Thread => events.reduce(reduceThread, emptyThread(c))
const only = (thread: Thread): Turn => {
  expect(thread.turns).toHaveLength(1)
  return thread.turns[0] as Turn
}

const said = (messageId = 'm1', text = 'hi'): ThreadEvent => ({ type: 'said', messageId, text, at: 1 })
const accepted = (messageId = 'm1', position = 0): ThreadEvent => ({
  type: 'accepted',
  messageId,
  conversationId: c,
  position,
  duplicate: false,
})
const chunk = (offset: number, content: string, messageId = 'm1'): ThreadEvent => ({
  type: 'stream_chunk',
  conversationId: c,
  messageId,
  offset,
  content,
})
const snapshot = (content: string): ThreadEvent => ({ type: 'stream_snapshot', conversationId: c, messageId: 'm1', offset: 0, content })
const end = (length: number, outcome: 'complete' | 'cancelled' = 'complete', messageId = 'm1'): ThreadEvent => ({
  type: 'stream_end',
  conversationId: c,
  messageId,
  length,
  outcome,
})
const tool = (state: 'start' | 'end' | 'error', summary = ''): ThreadEvent => ({
  type: 'tool',
  conversationId: c,
  messageId: 'm1',
  toolCallId: 't1',
  name: 'web.search',
  state,
  summary,
})
const row = (messageId: string, role: Message['role'], more: Partial<Message> = {}): Message => ({
  messageId,
  conversationId: c,
  role,
  text: `${role} ${messageId}`,
  at: 10,
  channel: 'web',
  ...more,
})
const newest = (messages: Message[], before?: string): ThreadEvent => ({ type: 'newest', page: { messages, before } })

const pair = (id: string) => [row(id, 'user', { state: 'done' }), row(id, 'assistant', { outcome: 'complete' })]
const ids = (thread: Thread) => thread.turns.map((turn) => turn.messageId)

describe('offsets', () => {
  test('a reply arrives in pieces', () => {
    expect(only(play(chunk(0, 'Hel'), chunk(3, 'lo'))).reply?.text).toBe('Hello')
  })

  test('a piece that overlaps adds only what is missing', () => {
    expect(only(play(chunk(0, 'Hello'), chunk(3, 'lo, you'))).reply?.text).toBe('Hello, you')
  })

  test('a piece that is already held changes nothing at all', () => {
    const before = play(chunk(0, 'Hello'))
    expect(reduceThread(before, chunk(1, 'ell'))).toBe(before)
  })

  test('a gap asks for a resume once and adds nothing', () => {
    const turn = only(play(chunk(0, 'Hel'), chunk(9, 'x')))
    expect([turn.reply?.text, turn.needs]).toEqual(['Hel', 'resume'])
    const asked = only(play(chunk(0, 'Hel'), chunk(9, 'x'), { type: 'requested', messageId: 'm1' }, chunk(10, 'y')))
    expect(asked.needs).toBe('resuming')
  })

  test('the missing piece closes the gap', () => {
    const turn = only(play(chunk(0, 'Hel'), chunk(9, 'x'), { type: 'requested', messageId: 'm1' }, chunk(3, 'lo you x')))
    expect([turn.reply?.text, turn.needs]).toEqual(['Hello you x', null])
  })

  test('offsets count utf-16 units, so emoji and korean line up', () => {
    expect(only(play(chunk(0, '🦞'), chunk(2, '가'), chunk(3, '!'), end(4)))).toMatchObject({
      reply: { text: '🦞가!', outcome: 'complete' },
      needs: null,
    })
  })

  test('a snapshot replaces what is held', () => {
    expect(only(play(chunk(0, 'Old words'), snapshot('New'), chunk(3, '!'))).reply?.text).toBe('New!')
  })

  test('stragglers after the end change nothing', () => {
    const ended = play(chunk(0, 'Hello'), end(5))
    expect(reduceThread(ended, chunk(5, ' again'))).toBe(ended)
    expect(reduceThread(ended, snapshot('Hel'))).toBe(ended)
  })
})

const about = (more: Partial<StatusFrame>, messageId = 'm1'): ThreadEvent => ({
  type: 'status',
  status: 'Running',
  phase: 'ready',
  messageId,
  conversationId: c,
  ...more,
})
const asked = (more: Partial<Message>) => newest([row('m1', 'user', { state: 'pending', ...more })])

describe('interruptions', () => {
  const moves = about({ status: 'Stopping', phase: 'stopping' })
  const left = { text: 'Hello', outcome: null, interrupted: true }

  test('what was written stays, marked, and the next run takes its place', () => {
    const stopped = play(said(), accepted(), chunk(0, 'Hello'), moves, about({}))
    expect(only(stopped).reply).toMatchObject(left)
    for (const first of [snapshot('He'), chunk(0, 'He')]) {
      expect(only(reduceThread(stopped, first)).reply).toMatchObject({ text: 'He', interrupted: false })
    }
  })

  test('a piece of the next run is never added to the last', () => {
    const turn = only(play(said(), accepted(), chunk(0, 'Hello'), moves, chunk(5, ' again')))
    expect(turn).toMatchObject({ reply: left, needs: 'resume' })
  })

  test('the server may say again what was left, or nothing yet', () => {
    const stopped = play(said(), accepted(), chunk(0, 'Hello'), moves)
    expect(reduceThread(stopped, snapshot('Hello'))).toBe(stopped)
    expect(reduceThread(stopped, snapshot(''))).toBe(stopped)
    const asking = [chunk(5, ' again'), { type: 'requested', messageId: 'm1' } as const, snapshot('Hello')].reduce(reduceThread, stopped)
    expect(only(asking)).toMatchObject({ reply: left, needs: null })
  })

  test('a message that had no words yet just waits', () => {
    expect(only(play(said(), accepted(), moves)).reply).toBeNull()
    expect(only(play(said(), accepted(), snapshot(''), moves)).reply).toBeNull()
  })

  test('no step outlives its run', () => {
    expect(only(play(said(), accepted(), tool('start'), moves)).tools[0]?.state).toBe('error')
  })

  test('the end of the next run is not the length of the last', () => {
    expect(only(play(said(), accepted(), chunk(0, 'Hello'), moves, end(5))).needs).toBe('reread')
  })

  test('history tells of it after a reload', () => {
    expect(only(play(asked({ partial: 'Hello' }))).reply).toMatchObject(left)
    expect(only(play(asked({ partial: 'Hello', state: 'leased' }))).reply).toMatchObject(left)
    expect(only(play(asked({}))).reply).toBeNull()
    expect(only(play(asked({ partial: '' }))).reply).toBeNull()
  })

  test('history tells of it to a page that missed it, and takes nothing from a run', () => {
    expect(only(play(said(), accepted(), chunk(0, 'Hel'), asked({ partial: 'Hello' }))).reply).toMatchObject(left)
    const running = { text: 'Hel', interrupted: false }
    expect(only(play(said(), accepted(), chunk(0, 'Hel'), asked({ partial: 'Old', state: 'leased' }))).reply).toMatchObject(running)
    expect(only(play(said(), accepted(), chunk(0, 'Hel'), asked({}))).reply).toMatchObject(running)
    const over = play(said(), accepted(), chunk(0, 'Hel'), end(3), asked({ partial: 'Old' }))
    expect(only(over).reply).toMatchObject({ text: 'Hel', outcome: 'complete' })
  })

  test('the server counts who is before', () => {
    const waiting = play(said(), accepted('m1', 1), about({ queuedBehind: 3 }))
    expect(only(waiting).position).toBe(3)
    expect(only(reduceThread(waiting, about({}))).position).toBeNull()
    expect(reduceThread(waiting, about({}, 'm9'))).toBe(waiting)
  })

  test('a late word about a message that has ended changes nothing', () => {
    const ended = play(said(), accepted(), chunk(0, 'Hello'), end(5))
    expect(reduceThread(ended, moves)).toBe(ended)
    expect(reduceThread(ended, about({ queuedBehind: 1 }))).toBe(ended)
  })
})

describe('endings', () => {
  test('an end of another length is read again', () => {
    expect(only(play(chunk(0, 'Hel'), end(5))).needs).toBe('reread')
  })

  test('the text that was read again is final', () => {
    const reply = row('m1', 'assistant', { text: 'Hello', outcome: 'complete' })
    const turn = only(play(chunk(0, 'Hel'), end(5), { type: 'requested', messageId: 'm1' }, { type: 'reread', messageId: 'm1', reply }))
    expect(turn).toMatchObject({ reply: { text: 'Hello', outcome: 'complete' }, needs: null })
  })

  test('an end without words is an empty reply', () => {
    expect(only(play(said(), accepted(), end(0)))).toMatchObject({ reply: { text: '', outcome: 'complete' }, needs: null })
  })

  test('a cancelled reply keeps its words', () => {
    const turn = only(play(said(), accepted(), chunk(0, 'Hel'), { type: 'cancelling', messageId: 'm1' }, end(3, 'cancelled')))
    expect(turn).toMatchObject({ cancelling: false, reply: { text: 'Hel', outcome: 'cancelled' } })
  })

  test('an error after acceptance is a failed run, before it a refused message', () => {
    const error: ThreadEvent = { type: 'error', code: 'run_failed', message: 'no', messageId: 'm1', conversationId: c, retryable: true }
    expect(only(play(said(), accepted(), error))).toMatchObject({ delivery: 'accepted', failure: { message: 'no' } })
    expect(only(play(said(), error)).delivery).toBe('refused')
  })

  test('an error about no message is a notice', () => {
    const thread = play({ type: 'error', code: 'run_failed', message: 'slow down', retryable: true })
    expect([thread.notice?.message, thread.turns.length]).toEqual(['slow down', 0])
  })

  test('a new attempt clears the error of the last', () => {
    const error: ThreadEvent = { type: 'error', code: 'run_failed', message: 'no', messageId: 'm1', conversationId: c, retryable: true }
    expect(only(play(said(), accepted(), error, snapshot('Now'))).failure).toBeNull()
  })
})

describe('messages', () => {
  test('one message is one turn, however often it is told', () => {
    const echo: ThreadEvent = { type: 'message', conversationId: c, messageId: 'm1', role: 'user', content: 'hi', channel: 'web', at: 5 }
    expect(only(play(said(), accepted(), accepted(), echo)).asked?.text).toBe('hi')
  })

  test('another device asks, and its answer finds its question', () => {
    const echo: ThreadEvent = { type: 'message', conversationId: c, messageId: 'm1', role: 'user', content: 'hi', channel: 'telegram', at: 5 }
    expect(only(play(echo, chunk(0, 'Hello')))).toMatchObject({ asked: { channel: 'telegram' }, reply: { text: 'Hello' } })
  })

  test('frames of another conversation stay out', () => {
    expect(play({ type: 'stream_chunk', conversationId: 'else', messageId: 'm9', offset: 0, content: 'x' }).turns).toEqual([])
  })

  test('the queue moves when a run of the conversation ends, and only then', () => {
    const elsewhere: ThreadEvent = { type: 'stream_end', conversationId: 'else', messageId: 'm9', length: 0, outcome: 'complete' }
    const waiting = play(said('m1'), accepted('m1'), said('m2'), accepted('m2', 1), elsewhere)
    expect(waiting.turns[1]?.position).toBe(1)
    expect(reduceThread(waiting, end(0)).turns[1]?.position).toBe(0)
  })

  test('a late acceptance does not put a running reply back into the queue', () => {
    expect(only(play(said(), chunk(0, 'x'), accepted('m1', 3))).position).toBeNull()
  })

  test('a message withdrawn before it left is gone', () => {
    expect(play(said(), { type: 'withdrawn', messageId: 'm1' }).turns).toEqual([])
  })
})

describe('tools', () => {
  test('a step starts and ends as one step', () => {
    expect(only(play(tool('start', 'Looking'), tool('end'))).tools).toEqual([
      { id: 't1', name: 'web.search', state: 'end', summary: 'Looking' },
    ])
  })

  test('a repeated start does not reopen a step', () => {
    expect(only(play(tool('start'), tool('error', 'No answer'), tool('start'))).tools[0]?.state).toBe('error')
  })

  test('no step outlives its reply', () => {
    expect(only(play(tool('start'), end(0))).tools[0]?.state).toBe('end')
  })
})

describe('history', () => {
  test('a page pairs questions with answers', () => {
    const thread = play(newest([...pair('a'), ...pair('b')]))
    expect(thread.turns.map((turn) => [turn.asked?.text, turn.reply?.text])).toEqual([
      ['user a', 'assistant a'],
      ['user b', 'assistant b'],
    ])
  })

  test('an optimistic message is matched by its id and keeps its place', () => {
    expect(ids(play(said('m1'), newest([...pair('a'), row('m1', 'user', { state: 'pending' })])))).toEqual(['a', 'm1'])
  })

  test('a message that has not left yet stays last', () => {
    expect(ids(play(newest(pair('a')), said('m1'), newest([...pair('a'), ...pair('b')])))).toEqual(['a', 'b', 'm1'])
  })

  test('history never takes words from a running reply', () => {
    const page = newest([row('m1', 'user', { state: 'leased' }), row('m1', 'assistant', { text: 'He' })])
    expect(only(play(said(), accepted(), chunk(0, 'Hello'), page)).reply).toMatchObject({ text: 'Hello', outcome: null })
  })

  test('history ends a reply whose end was missed', () => {
    const page = newest([row('m1', 'user', { state: 'done' }), row('m1', 'assistant', { text: 'Hello!', outcome: 'complete' })])
    expect(only(play(said(), accepted(), chunk(0, 'Hel'), page)).reply).toMatchObject({ text: 'Hello!', outcome: 'complete' })
  })

  test('older pages go before and keep the cursor', () => {
    const thread = play(newest(pair('c'), 'x'), { type: 'older', page: { messages: [...pair('a'), ...pair('b')], before: 'y' }, before: 'x' })
    expect([ids(thread), thread.before]).toEqual([['a', 'b', 'c'], 'y'])
  })

  test('the newest page again keeps older pages and their cursor', () => {
    const older: ThreadEvent = { type: 'older', page: { messages: pair('a') }, before: 'x' }
    const thread = play(newest(pair('b'), 'x'), older, newest([...pair('b'), ...pair('c')], 'x'))
    expect([ids(thread), thread.before]).toEqual([['a', 'b', 'c'], null])
  })

  test('a pair cut by a page meets again', () => {
    const thread = play(newest([row('a', 'assistant', { outcome: 'complete' }), ...pair('b')], 'x'), {
      type: 'older',
      page: { messages: [row('a', 'user', { state: 'done' })] },
      before: 'x',
    })
    expect(thread.turns.map((turn) => [turn.messageId, turn.asked?.text, turn.reply?.text])).toEqual([
      ['a', 'user a', 'assistant a'],
      ['b', 'user b', 'assistant b'],
    ])
  })

  test('more missed than one page leaves no hole', () => {
    const thread = play(newest(pair('a')), said('m1'), newest([...pair('x'), ...pair('y')], 'cursor'))
    expect([ids(thread), thread.before]).toEqual([['x', 'y', 'm1'], 'cursor'])
  })

  test('a dead message can be asked again', () => {
    expect(only(play(newest([row('m1', 'user', { state: 'dead' })]))).failure).toMatchObject({ code: 'dead', retryable: true })
  })

  test('a done message without its reply is read again', () => {
    expect(only(play(newest([row('m1', 'user', { state: 'done' })]))).needs).toBe('reread')
  })
})

test('files come with a message from history and from another device', () => {
  const attachments = [{ key: 'uploads/ana/1/a.pdf', name: 'a.pdf' }]
  const mine: Message = { messageId: 'm1', conversationId: c, role: 'user', text: '', attachments, at: 1, channel: 'web', state: 'pending' }
  expect(only(play({ type: 'newest', page: { messages: [mine] } })).asked).toMatchObject({ attachments })
  const echo: ThreadEvent = { type: 'message', messageId: 'm1', conversationId: c, role: 'user', content: '', attachments, channel: 'web', at: 1 }
  expect(only(play(echo)).asked).toMatchObject({ attachments })
})

const rows = (...names: string[]) => names.flatMap(pair)
const inWindow = (thread: Thread) => thread.stretch?.turns.map((turn) => turn.messageId)

describe('a window into a long conversation', () => {
  const latest = newest(rows('x', 'y'), 'before x')
  const seeking: ThreadEvent = { type: 'seeking', place: 'p' }
  const around = (more: Partial<MessagesPage>, ...names: string[]): ThreadEvent => ({
    type: 'around',
    place: 'p',
    page: { messages: rows(...names), before: 'before it', after: 'after it', goesOn: true, ...more },
  })
  const later = (more: Partial<MessagesPage>, ...names: string[]): ThreadEvent => ({
    type: 'later',
    after: 'after it',
    page: { messages: rows(...names), after: 'and on', goesOn: true, ...more },
  })

  test('it opens beside the latest, which goes on', () => {
    const thread = play(latest, seeking, around({}, 'f', 'g'), said('m1'), accepted('m1'), chunk(0, 'Hi'))
    expect(inWindow(thread)).toEqual(['f', 'g'])
    expect(ids(thread)).toEqual(['x', 'y', 'm1'])
  })

  test('it grows both ways until it meets the end', () => {
    const older: ThreadEvent = { type: 'older', before: 'before it', page: { messages: rows('e'), before: 'y' } }
    const open = play(latest, seeking, around({}, 'f', 'g'), older, later({}, 'h'))
    expect([inWindow(open), open.stretch?.before, open.stretch?.after]).toEqual([['e', 'f', 'g', 'h'], 'y', 'and on'])
    const met = reduceThread(open, { type: 'later', after: 'and on', page: { messages: rows('w', 'x'), after: 'z', goesOn: true } })
    expect([inWindow(met), ids(met), met.before]).toEqual([undefined, ['e', 'f', 'g', 'h', 'w', 'x', 'y'], 'y'])
  })

  test('a page that was asked for elsewhere is not taken for one of the window', () => {
    const older: ThreadEvent = { type: 'older', before: 'before x', page: { messages: rows('w'), before: 'v' } }
    const thread = play(latest, seeking, around({}, 'f'), older)
    expect([inWindow(thread), ids(thread), thread.before]).toEqual([['f'], ['w', 'x', 'y'], 'v'])
    expect(inWindow(reduceThread(thread, { ...later({}, 'h'), after: 'stale' } as ThreadEvent))).toEqual(['f'])
  })

  test('one that shows the end is none', () => {
    const seen = play(latest, seeking, around({}, 'w', 'x'))
    expect([inWindow(seen), ids(seen), seen.before]).toEqual([undefined, ['w', 'x', 'y'], 'before it'])
    const inside = play(latest, seeking, around({}, 'x'))
    expect([inWindow(inside), ids(inside), inside.before]).toEqual([undefined, ['x', 'y'], 'before x'])
    const last = play(seeking, around({ goesOn: false }, 'x'), newest(rows('x', 'y'), 'b'))
    expect([inWindow(last), ids(last), last.before]).toEqual([undefined, ['x', 'y'], 'b'])
  })

  test('an end that comes later is met as well', () => {
    const thread = play(seeking, around({}, 'w', 'x'), latest)
    expect([inWindow(thread), ids(thread)]).toEqual([undefined, ['w', 'x', 'y']])
  })

  test('whoever went on looking elsewhere is not called back', () => {
    expect(play(latest, seeking, { type: 'latest' }, around({}, 'f')).stretch).toBeNull()
    expect(play(latest, seeking, { type: 'seeking', place: 'q' }, around({}, 'f')).stretch).toBeNull()
  })

  test('what happens to a message in it happens there', () => {
    const thread = play(latest, seeking, around({}, 'f'), { type: 'askedAgain', messageId: 'f' })
    expect(thread.stretch?.turns[0]?.askedAgain).toBe(true)
    expect(ids(thread)).toEqual(['x', 'y'])
  })

  test('leaving it shows the end as it is by now', () => {
    const thread = play(latest, seeking, around({}, 'f'), said('m1'), { type: 'latest' })
    expect([thread.stretch, ids(thread)]).toEqual([null, ['x', 'y', 'm1']])
  })
})
