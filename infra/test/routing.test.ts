import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { PLACES_TO_INDEX, WITHOUT_API_PREFIX } from '../lib/web/routing.ts'

function routed(code: string, uri: string): string {
  return runInNewContext(`${code}; handler({ request: { uri } }).uri`, { uri }) as string
}

for (const uri of ['/', '/c/plans', '/c/plans.txt', '/callback', '/settings/', '/agent/files', '/c/assets/x', '/apiary']) {
  test(`${uri} is a place in the page`, () => assert.equal(routed(PLACES_TO_INDEX, uri), '/index.html'))
}

for (const uri of ['/index.html', '/sw.js', '/config.json', '/theme.js', '/manifest.webmanifest', '/favicon.svg', '/assets/index-a1b2.js', '/icons/192.png']) {
  test(`${uri} is a file`, () => assert.equal(routed(PLACES_TO_INDEX, uri), uri))
}

for (const [uri, api] of [['/api/conversations', '/conversations'], ['/api/me/export', '/me/export'], ['/api/api/x', '/api/x'], ['/api', '/api']] as const) {
  test(`the API sees ${api} of ${uri}`, () => assert.equal(routed(WITHOUT_API_PREFIX, uri), api))
}
