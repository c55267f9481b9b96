import { expect, test } from 'vitest'
import { AppError } from '../api/errors'
import type { UserSettings } from '../protocol'
import { browserTimeZone, tellTimeZone } from './timeZone'

const down = async (): Promise<UserSettings> => {
  throw new AppError('unavailable', 'Not now.', true)
}

function server(known: UserSettings) {
  const told: UserSettings[] = []
  const changeSettings = async (settings: UserSettings) => {
    told.push(settings)
    return settings
  }
  return { told, api: { settings: async () => known, changeSettings } }
}

test.each<[UserSettings, UserSettings[]]>([
  [{}, [{ timeZone: 'Asia/Seoul' }]],
  [{ timeZone: 'Europe/Berlin' }, [{ timeZone: 'Asia/Seoul' }]],
  [{ timeZone: 'Asia/Seoul' }, []],
])('of a server that knows %o it is told %o', async (known, told) => {
  const there = server(known)
  await tellTimeZone(there.api, 'Asia/Seoul')
  expect(there.told).toEqual(told)
})

test('a server that cannot be asked, or told, is no trouble of the reader', async () => {
  const unread = server({})
  await tellTimeZone({ ...unread.api, settings: down }, 'Asia/Seoul')
  expect(unread.told).toEqual([])
  await tellTimeZone({ ...unread.api, changeSettings: down }, 'Asia/Seoul')
})

test('the browser has a name for its zone', () => {
  expect(browserTimeZone()).toMatch(/^[A-Za-z]+(\/|$)/)
})
