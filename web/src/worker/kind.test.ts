import { expect, test } from 'vitest'
import { kindOf } from './kind'

const HERE = 'https://claw.example'

test.each([
  ['GET', 'navigate', '/', 'page'],
  ['GET', 'navigate', '/c/default?at=3', 'page'],
  ['GET', 'navigate', '/agent/telegram', 'page'],
  ['GET', 'no-cors', '/assets/index-1.js', 'asset'],
  ['GET', 'cors', '/config.json', 'latest'],
  ['GET', 'cors', '/somewhere.json', null],
  ['GET', 'navigate', '/oidc/authorize?x=1', null],
  ['GET', 'navigate', '/telegram?start=1', null],
  ['GET', 'cors', '/local/tasks', null],
  ['GET', 'cors', '/api/conversations', null],
  ['GET', 'websocket', '/ws', null],
  ['POST', 'navigate', '/', null],
  ['GET', 'no-cors', 'https://elsewhere.example/assets/x.js', null],
] as const)('%s %s %s is %s', (method, mode, address, kind) => {
  const request = { method, mode: mode as RequestMode, url: new URL(address, HERE).href }
  expect(kindOf(request, HERE, ['/', '/config.json'])).toBe(kind)
})
