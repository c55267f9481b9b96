import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNews } from './news'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what many frames say is read again once', () => {
  const read: string[] = []
  const hear = createNews((what) => read.push(what))
  for (const what of ['conversations', 'settings', 'conversations']) hear(what)
  expect(read).toEqual([])
  vi.runAllTimers()
  expect(read).toEqual(['conversations', 'settings'])
})

test('what is heard afterwards is read again, too', () => {
  const read: string[] = []
  const hear = createNews((what) => read.push(what))
  hear('skills')
  vi.runAllTimers()
  hear('skills')
  vi.runAllTimers()
  expect(read).toEqual(['skills', 'skills'])
})
