import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatSocket, type Link, parseFrame, retryDelay } from './socket'

class FakeSocket extends EventTarget {
  readyState = 0
  readonly sent: string[] = []
  readonly protocols: string[]

  constructor(protocols: string[]) {
    super()
    this.protocols = protocols
  }

  send(frame: string) {
    this.sent.push(frame)
  }

  opens() {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  says(data: string) {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  /** 1006: the other side did not say that it ends the connection. */
  close(code = 1006) {
    if (this.readyState === 3) return
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code }))
  }
}

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)

class Refused extends Error {}

function world() {
  const made: FakeSocket[] = []
  const links: Link[] = []
  const frames: string[] = []
  const state = { tokens: 0, opened: 0, refuse: false, wantedNew: [] as boolean[] }
  const socket = new ChatSocket({
    url: 'ws://x/ws',
    token: async (isNew) => {
      state.wantedNew.push(isNew)
      if (state.refuse) throw new Refused()
      state.tokens += 1
      return `t${state.tokens}`
    },
    isSignedOut: (error) => error instanceof Refused,
    open: (_, protocols) => {
      const one = new FakeSocket(protocols)
      made.push(one)
      return one as unknown as WebSocket
    },
    random: () => 1,
    onFrame: (frame) => frames.push(frame.type),
    onLink: (link) => links.push(link),
    onOpen: () => {
      state.opened += 1
    },
  })
  const latest = () => made.at(-1) as FakeSocket
  const start = async () => {
    socket.start()
    await vi.advanceTimersByTimeAsync(0)
    latest().opens()
  }
  return { socket, made, links, frames, state, latest, start }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', { OPEN: 1 })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('the token travels as a subprotocol, fresh for each connection', async () => {
  const { start, latest, made } = world()
  await start()
  expect(latest().protocols).toEqual(['openclaw.v1', 'bearer.t1'])
  latest().close()
  await vi.advanceTimersByTimeAsync(500)
  expect(made[1]?.protocols).toEqual(['openclaw.v1', 'bearer.t2'])
})

test('a blip is quiet, a loss that lasts is told', async () => {
  const { start, latest, links, made } = world()
  await start()
  latest().close()
  expect(links).toEqual(['connecting', 'open', 'connecting'])
  await vi.advanceTimersByTimeAsync(500)
  latest().close()
  expect(links.at(-1)).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1000)
  expect(made).toHaveLength(3)
  latest().opens()
  expect(links.at(-1)).toBe('open')
})

test('retries grow, are capped and are spread', () => {
  expect([0, 1, 2, 20].map((attempt) => retryDelay(attempt, 1))).toEqual([500, 1000, 2000, 30_000])
  expect(retryDelay(20, 0)).toBe(15_000)
})

test('nothing is sent into a connection that is not open', async () => {
  const { socket, start, latest } = world()
  expect(socket.send({ action: 'ping' })).toBe(false)
  await start()
  expect(socket.send({ action: 'getStatus' })).toBe(true)
  expect(latest().sent).toEqual(['{"action":"getStatus"}'])
})

test('it pings every five minutes, and silence is a loss', async () => {
  const { start, latest, made } = world()
  await start()
  const first = latest()
  first.says('{"type":"status","status":"Idle"}')
  await minutes(5)
  expect(first.sent).toEqual(['{"action":"ping"}'])
  first.says('{"type":"pong"}')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(first.readyState).toBe(1)
  await minutes(5)
  expect(first.readyState).toBe(3)
  expect(made).toHaveLength(2)
})

test('a connection whose hello is answered by nothing is followed by another', async () => {
  const { start, latest, made } = world()
  await start()
  const first = latest()
  await vi.advanceTimersByTimeAsync(16_000)
  expect([first.readyState, made.length]).toEqual([3, 2])
})

test('a connection that the server ended on purpose is followed by one with a new token', async () => {
  const { socket, start, latest, state, links } = world()
  await start()
  latest().close()
  await vi.advanceTimersByTimeAsync(1000)
  latest().opens()
  latest().close(1000)
  await vi.advanceTimersByTimeAsync(1000)
  expect(state.wantedNew).toEqual([false, false, true])

  latest().opens()
  state.refuse = true
  latest().close(1000)
  await vi.advanceTimersByTimeAsync(1000)
  expect(state.wantedNew.at(-1)).toBe(true)
  expect(links.at(-1)).toBe('signedOut')
  socket.stop()
})

test('before two hours a new connection is open before the old one closes', async () => {
  const { start, made, latest, state, links } = world()
  await start()
  const old = latest()
  const answering = setInterval(() => old.says('{"type":"pong"}'), 10_000)
  await minutes(100)
  clearInterval(answering)
  expect([made.length, old.readyState]).toEqual([2, 1])
  latest().opens()
  expect([old.readyState, latest().readyState, state.opened]).toEqual([3, 1, 2])
  expect(links).toEqual(['connecting', 'open', 'open'])
})

test('a renewal that fails leaves the old connection in use and is tried again', async () => {
  const { socket, start, made, latest, links } = world()
  await start()
  const old = latest()
  const answering = setInterval(() => old.says('{"type":"pong"}'), 10_000)
  await minutes(100)
  latest().close()
  clearInterval(answering)
  expect(socket.send({ action: 'ping' })).toBe(true)
  await vi.advanceTimersByTimeAsync(500)
  expect(made).toHaveLength(3)
  expect(links.at(-1)).toBe('open')
})

test('without a session it stops and says so', async () => {
  const { start, latest, links, state, made } = world()
  await start()
  state.refuse = true
  latest().close()
  await minutes(10)
  expect([links.at(-1), made.length]).toEqual(['signedOut', 1])
})

test('stopped is stopped', async () => {
  const { socket, start, latest, made, links } = world()
  await start()
  socket.stop()
  await minutes(10)
  expect([latest().readyState, made.length, links.at(-1)]).toEqual([3, 1, 'closed'])
})

test('frames that make no sense are skipped', async () => {
  const { start, latest, frames } = world()
  await start()
  for (const data of ['{', '7', 'null', '{"kind":1}', '{"type":"pong"}']) latest().says(data)
  expect(frames).toEqual(['pong'])
  expect(parseFrame(new ArrayBuffer(1))).toBeNull()
})
