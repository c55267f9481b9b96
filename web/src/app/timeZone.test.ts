import { expect, test } from 'vitest'
import { AppError } from '../api/errors'
import type { Setting } from '../api/client'
import { browserTimeZone, tellTimeZone } from './timeZone'

const down = async (): Promise<Setting> => {
  throw new AppError('unavailable', 'Not now.', true)
}

function server(known: Pick<Setting, 'value' | 'chosen'>) {
  const told: unknown[] = []
  const choose = async (key: string, value: unknown) => {
    told.push({ [key]: value })
    return { key, value, chosen: true }
  }
  return { told, api: { setting: async (key: string) => ({ key, ...known }), choose } }
}

/** What one browser remembers of what it told. */
function memory(told: string | null = null) {
  const kept = { told }
  return { told: () => kept.told, keep: (zone: string) => void (kept.told = zone) }
}

test.each<[Pick<Setting, 'value' | 'chosen'>, unknown[]]>([
  [{ value: 'UTC', chosen: false }, [{ timeZone: 'Asia/Seoul' }]],
  [{ value: 'Asia/Seoul', chosen: false }, [{ timeZone: 'Asia/Seoul' }]],
  [{ value: 'Asia/Seoul', chosen: true }, []],
])('of a server that knows %o it is told %o', async (known, told) => {
  const there = server(known)
  await tellTimeZone(there.api, 'Asia/Seoul', memory())
  expect(there.told).toEqual(told)
})

test('a browser that travels tells its new zone, unless somebody chose another', async () => {
  const travelled = server({ value: 'Europe/Berlin', chosen: true })
  const remembers = memory('Europe/Berlin')
  await tellTimeZone(travelled.api, 'Asia/Seoul', remembers)
  expect(travelled.told).toEqual([{ timeZone: 'Asia/Seoul' }])
  expect(remembers.told()).toBe('Asia/Seoul')

  const chosen = server({ value: 'Europe/Berlin', chosen: true })
  await tellTimeZone(chosen.api, 'Asia/Seoul', memory('America/Lima'))
  expect(chosen.told).toEqual([])
})

test('a server that cannot be asked, or told, is no trouble of the reader', async () => {
  const unread = server({ value: 'UTC', chosen: false })
  await tellTimeZone({ ...unread.api, setting: down }, 'Asia/Seoul', memory())
  expect(unread.told).toEqual([])
  const remembers = memory()
  await tellTimeZone({ ...unread.api, choose: down }, 'Asia/Seoul', remembers)
  expect(remembers.told()).toBeNull()
})

test('the browser has a name for its zone', () => {
  expect(browserTimeZone()).toMatch(/^[A-Za-z]+(\/|$)/)
})
