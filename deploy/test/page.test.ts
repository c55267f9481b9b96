import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { headersOf, toInvalidate, uploads } from '../src/deploy/files.ts'
import { uploadPage } from '../src/deploy/page.ts'
import { sortOut } from '../src/deploy/retired.ts'
import { Refusal } from '../src/errors.ts'
import { Account } from './account.ts'
import { folder, testWorld } from './world.ts'

const FOREVER = 'public, max-age=31536000, immutable'
const DESCRIPTION = { WEB_BUCKET: 'page-files', DISTRIBUTION_ID: 'E1' }
const FILES = ['index.html', 'sw.js', 'theme.js', 'manifest.webmanifest', 'icons/192.png', 'assets/a-1.js', 'assets/a-1.css']

describe('the headers of a file', () => {
  for (const [key, type, cache] of [
    ['assets/index-BBZfM6fz.js', 'text/javascript; charset=utf-8', FOREVER],
    ['assets/index-BBZfM6fz.css', 'text/css; charset=utf-8', FOREVER],
    ['index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['sw.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['config.json', 'application/json; charset=utf-8', 'no-cache'],
    ['manifest.webmanifest', 'application/manifest+json; charset=utf-8', 'no-cache'],
    ['icons/192.png', 'image/png', 'no-cache'],
    ['favicon.svg', 'image/svg+xml', 'no-cache'],
  ] as const) {
    test(key, () => assert.deepEqual(headersOf(key), { contentType: type, cacheControl: cache }))
  }
  test('a file that nobody knows is refused', () => assert.throws(() => headersOf('assets/x.wasm'), Refusal))
})

test('what a page names is there before the page', () => {
  const { root, remove } = folder(FILES)
  const keys = uploads(root).map(({ key }) => key)
  remove()
  assert.deepEqual(keys.slice(0, 2).sort(), ['assets/a-1.css', 'assets/a-1.js'])
  assert.deepEqual(keys.slice(-2), ['sw.js', 'index.html'])
  assert.equal(keys.length, FILES.length)
})

test('only what keeps its name is invalidated', () => {
  assert.deepEqual(toInvalidate(['assets/a-1.js', 'sw.js', 'index.html']), ['/', '/sw.js', '/index.html'])
})

describe('an upload', () => {
  async function upload(account: Account, now = new Date('2026-12-01T00:00:00Z')) {
    account.parameters.set('/openclaw/page', { value: '{"demo":false}', type: 'String', at: new Date(0) })
    const { root, remove } = folder(FILES.map((file) => `web/dist/${file}`))
    const world = testWorld({ answers: account.answers, root, now })
    const says = await uploadPage(world, DESCRIPTION)
    remove()
    return { says, calls: world.calls }
  }

  test('puts the files and their configuration, the page last, and makes CloudFront forget', async () => {
    const account = new Account()
    const { says, calls } = await upload(account)
    assert.match(says, /7 of 7 files were new/)
    assert.deepEqual(account.objects.get('config.json'), { type: 'application/json; charset=utf-8', cache: 'no-cache' })
    const puts = calls.filter(({ name }) => name === 'PutObject').map(({ input }) => input['Key'])
    assert.deepEqual(puts.slice(-3), ['sw.js', 'index.html', 'assets-retired.json'])
    const paths = calls.find(({ name }) => name === 'CreateInvalidation')?.input['InvalidationBatch'] as { Paths: { Items: string[] } }
    assert.ok(paths.Paths.Items.includes('/config.json') && paths.Paths.Items.includes('/sw.js'))
    assert.ok(!paths.Paths.Items.some((path) => path.startsWith('/assets')))
  })

  test('leaves hashed files that are there', async () => {
    const account = new Account()
    await upload(account)
    const { says } = await upload(account)
    assert.match(says, /5 of 7 files were new/)
  })

  test('stops before the page is opened when an asset cannot be written', async () => {
    const account = new Account()
    const { root, remove } = folder(FILES.map((file) => `web/dist/${file}`))
    account.parameters.set('/openclaw/page', { value: '{}', type: 'String', at: new Date(0) })
    const PutObject = () => {
      throw new Error('SlowDown')
    }
    const world = testWorld({ answers: { ...account.answers, PutObject }, root })
    await assert.rejects(uploadPage(world, DESCRIPTION), /SlowDown/)
    remove()
    assert.equal(account.objects.size, 0)
  })
})

describe('old hashed files', () => {
  const now = new Date('2026-12-01T00:00:00Z')
  const there = ['assets/new.js', 'assets/old.js', 'assets/older.js', 'index.html']
  const sorted = sortOut(there, ['assets/new.js', 'index.html'], { 'assets/older.js': '2026-10-31T00:00:00Z' }, now)
  test('are kept from the day on that nothing names them', () => assert.deepEqual(sorted.retired, { 'assets/old.js': now.toISOString() }))
  test('and removed after 30 days', () => assert.deepEqual(sorted.remove, ['assets/older.js']))
  test('one that is named again is not old', () => {
    const again = sortOut(there, there, { 'assets/older.js': '2026-01-01T00:00:00Z' }, now)
    assert.deepEqual(again, { retired: {}, remove: [] })
  })
})
