import { expect, test } from 'vitest'
import { AppError } from '../api/errors'
import type { AgentStatus } from '../chat/frames'
import { createWakeOnOpen } from './wakeOnOpen'

interface World {
  value?: unknown
  status?: AgentStatus | null
  isSeen?: boolean
  lastAsked?: number
}

const NOW = 10_000_000

function world({ value = true, status = 'Idle', isSeen = true, lastAsked = 0 }: World = {}) {
  const there = { status, isSeen, lastAsked, wakes: 0 }
  const look = createWakeOnOpen({
    api: { setting: async (key) => ({ key, value, chosen: true }) },
    wake: async () => {
      there.wakes += 1
      throw new AppError('unavailable', 'Not now.', true)
    },
    status: () => there.status,
    isSeen: () => there.isSeen,
    now: () => NOW,
    lastAsked: { get: () => there.lastAsked, set: (at) => (there.lastAsked = at) },
  })
  return { there, look }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

test.each<[World, number]>([
  [{}, 1],
  [{ status: 'Stopping' }, 1],
  [{ status: 'Running' }, 0],
  [{ status: 'Starting' }, 0],
  [{ status: null }, 0],
  [{ isSeen: false }, 0],
  [{ value: false }, 0],
  [{ value: null }, 0],
  [{ lastAsked: NOW - 4 * 60_000 }, 0],
  [{ lastAsked: NOW - 6 * 60_000 }, 1],
])('of a page with %o it is asked %d times', async (page, wakes) => {
  const { there, look } = world(page)
  look()
  look()
  await settled()
  expect(there.wakes).toBe(wakes)
})

test('a page that was opened in the background asks when it is seen', async () => {
  const { there, look } = world({ isSeen: false })
  look()
  there.isSeen = true
  look()
  await settled()
  expect(there.wakes).toBe(1)
  expect(there.lastAsked).toBe(NOW)
})

test('an agent that fell asleep later is left asleep', async () => {
  const { there, look } = world({ status: 'Running' })
  look()
  there.status = 'Idle'
  look()
  await settled()
  expect(there.wakes).toBe(0)
})
