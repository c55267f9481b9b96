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

test.each<[Pick<Setting, 'value' | 'chosen'>, unknown[]]>([
  [{ value: 'UTC', chosen: false }, [{ timeZone: 'Asia/Seoul' }]],
  [{ value: 'Asia/Seoul', chosen: false }, [{ timeZone: 'Asia/Seoul' }]],
  [{ value: 'Europe/Berlin', chosen: true }, [{ timeZone: 'Asia/Seoul' }]],
  [{ value: 'Asia/Seoul', chosen: true }, []],
])('of a server that knows %o it is told %o', async (known, told) => {
  const there = server(known)
  await tellTimeZone(there.api, 'Asia/Seoul')
  expect(there.told).toEqual(told)
})

test('a server that cannot be asked, or told, is no trouble of the reader', async () => {
  const unread = server({ value: 'UTC', chosen: false })
  await tellTimeZone({ ...unread.api, setting: down }, 'Asia/Seoul')
  expect(unread.told).toEqual([])
  await tellTimeZone({ ...unread.api, choose: down }, 'Asia/Seoul')
})

test('the browser has a name for its zone', () => {
  expect(browserTimeZone()).toMatch(/^[A-Za-z]+(\/|$)/)
})
