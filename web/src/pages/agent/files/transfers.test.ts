import { expect, test, vi } from 'vitest'
import { AppError } from '../../../api/errors'
import type { WorkspaceUploadDone } from '../../../protocol'
import { Transfers } from './transfers'

interface Sending {
  path: string
  progress: (share: number) => void
  signal: AbortSignal
  settle: (error?: Error) => void
}

/** Everything that is asked for, to be answered when the test wants to. */
function world(done: () => Promise<WorkspaceUploadDone> = async () => ({ state: 'placed' })) {
  let ids = 0
  const sending: Sending[] = []
  const placed = vi.fn<() => void>()
  const transfers = new Transfers({
    offer: async (path) => ({ id: `id ${path}`, url: path, fields: {}, expiresAt: 0 }),
    send: ({ url }, _, progress, signal) =>
      new Promise((resolve, reject) => {
        sending.push({ path: url, progress, signal, settle: (error) => (error ? reject(error) : resolve()) })
      }),
    done,
    newId: () => `t${(ids += 1)}`,
    onPlaced: placed,
  })
  const states = () => transfers.list().map(({ name, state }) => `${name} ${state}`)
  return { transfers, sending, placed, states }
}

const file = (name: string) => new File(['x'], name)

test('a file is sent into its folder and put in its place', async () => {
  const { transfers, sending, placed, states } = world()
  transfers.add('notes', [file('a.txt')])
  await vi.waitFor(() => expect(sending).toHaveLength(1))
  expect(sending[0]?.path).toBe('notes/a.txt')
  sending[0]?.progress(0.5)
  expect(transfers.list()[0]?.progress).toBe(0.5)
  sending[0]?.settle()
  await vi.waitFor(() => expect(states()).toEqual(['a.txt placed']))
  expect(placed).toHaveBeenCalledTimes(1)
})

test('three are sent at once, and the next when one is over or taken away', async () => {
  const { transfers, sending, states } = world(async () => ({ state: 'waiting' }))
  transfers.add('', ['a', 'b', 'c', 'd', 'e'].map(file))
  await vi.waitFor(() => expect(sending).toHaveLength(3))
  expect(states()).toEqual(['a sending', 'b sending', 'c sending', 'd queued', 'e queued'])
  sending[0]?.settle()
  await vi.waitFor(() => expect(sending).toHaveLength(4))
  transfers.remove('t2')
  expect(sending[1]?.signal.aborted).toBe(true)
  await vi.waitFor(() => expect(sending).toHaveLength(5))
  expect(states()).toEqual(['a waiting', 'c sending', 'd sending', 'e sending'])
})

test('what lies in the store is not sent twice', async () => {
  const done = vi.fn<() => Promise<WorkspaceUploadDone>>()
  done.mockRejectedValueOnce(new AppError('unavailable', 'Not now.', true)).mockResolvedValueOnce({ state: 'placed' })
  const { transfers, sending, states } = world(done)
  transfers.add('', [file('a')])
  await vi.waitFor(() => expect(sending).toHaveLength(1))
  sending[0]?.settle()
  await vi.waitFor(() => expect(states()).toEqual(['a failed']))
  transfers.retry('t1')
  await vi.waitFor(() => expect(states()).toEqual(['a placed']))
  expect(sending).toHaveLength(1)
})

test('what the store has lost is sent again', async () => {
  const done = vi.fn<() => Promise<WorkspaceUploadDone>>()
  done.mockRejectedValueOnce(new AppError('not_found', 'Nothing of that name.', false)).mockResolvedValueOnce({ state: 'placed' })
  const { transfers, sending, states } = world(done)
  transfers.add('', [file('a')])
  await vi.waitFor(() => expect(sending).toHaveLength(1))
  sending[0]?.settle()
  await vi.waitFor(() => expect(states()).toEqual(['a failed']))
  transfers.retry('t1')
  await vi.waitFor(() => expect(sending).toHaveLength(2))
})

test('a refusal that another try would not change offers none', async () => {
  const { transfers, sending } = world(async () => Promise.reject(new AppError('conflict', 'A link is in the way.', false)))
  transfers.add('', [file('a')])
  await vi.waitFor(() => expect(sending).toHaveLength(1))
  sending[0]?.settle()
  await vi.waitFor(() => expect(transfers.list()[0]).toMatchObject({ state: 'failed', problem: 'A link is in the way.', retry: false }))
})
