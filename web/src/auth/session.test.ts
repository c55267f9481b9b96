import { expect, test } from 'vitest'
import { returnTo } from './session'

test('after signing in a person is where they were', () => {
  expect(returnTo({ state: { returnTo: '/c/plans' } })).toBe('/c/plans')
})

test.each([undefined, {}, { returnTo: 7 }, { returnTo: 'https://evil.example' }, { returnTo: '//evil.example' }, { returnTo: '/\\evil.example' }])(
  'nothing in the state leads elsewhere: %j',
  (state) => expect(returnTo({ state })).toBe('/'),
)
