// Who is signed in, on which devices and for how long; the first visit; the page without a network.
import assert from 'node:assert/strict'
import { ask, PATIENCE, scenario } from './support.mjs'

scenario('signing out in one tab shows the front door in the others', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const other = await ana.anotherTab()
  await ana.account('Sign out')
  await ana.page.getByRole('button', { name: 'Sign in' }).waitFor()
  await other.page.getByRole('button', { name: 'Sign in' }).waitFor()
  await other.page.reload()
  await other.page.getByRole('button', { name: 'Sign in' }).waitFor()
})

/** What Chromium itself writes when the issuer renews nothing any more. */
const refused = /status of 400/

scenario('signing out everywhere asks first, and ends the session of every device', { complaints: refused }, async ({ newPerson }) => {
  const ana = await newPerson()
  const phone = await newPerson('ana')
  await phone.page.getByText('Agent status: Asleep').waitFor()
  await ana.account('Sign out everywhere')
  const question = ana.page.getByRole('alertdialog')
  await question.getByText('Nothing is deleted.').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await question.waitFor({ state: 'detached' })

  await ana.account('Sign out everywhere')
  await question.getByRole('button', { name: 'Sign out everywhere' }).click()
  await ana.page.getByRole('button', { name: 'Sign in' }).waitFor()
  await phone.page.getByText('Your session has ended.').waitFor()
  await phone.page.getByRole('button', { name: 'Sign in again' }).waitFor()
})

/** What each socket of a page carried when it was opened: its protocols, and the token is one of them. */
async function tokensOfSockets(page) {
  const seen = []
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  client.on('Network.webSocketWillSendHandshakeRequest', ({ request }) => seen.push(request.headers['Sec-WebSocket-Protocol']))
  return seen
}

scenario('a token is renewed before it runs out, and a new socket carries the new one', {}, async ({ stack, newDevice }) => {
  const device = await newDevice()
  await ask(stack, 'ana', 'PUT', '/settings/wakeOnOpen', { value: false })
  const page = await device.newPage()
  await page.clock.install()
  const sockets = await tokensOfSockets(page)
  const renewals = []
  page.on('request', (request) => request.postData()?.includes('grant_type=refresh_token') && renewals.push(request))
  await page.goto(stack.url)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Name').fill('ana')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Agent status: Asleep').waitFor()
  const before = sockets.length

  const renewed = page.waitForResponse((response) => response.request().postData()?.includes('grant_type=refresh_token') ?? false)
  await page.clock.fastForward('14:30')
  assert.equal((await renewed).status(), 200)
  assert.equal(renewals.length, 1)
  assert.equal(sockets.length, before)

  // A laptop that slept: its token has run out, and its connection is old.
  const opened = page.waitForEvent('websocket')
  await page.clock.fastForward('02:00:00')
  await opened
  await page.getByText('Agent status: Asleep').waitFor()
  assert.ok(renewals.length >= 2, `${renewals.length} renewals`)
  assert.notEqual(sockets.at(-1), sockets[before - 1])
  assert.equal(await page.getByRole('alert').count(), 0)
})

scenario('somebody new is told what will happen, until they put it away or write', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const welcome = page.getByRole('region', { name: 'Welcome' })
  await welcome.getByText('It sleeps, and you wake it').waitFor()
  assert.equal(await welcome.getByRole('listitem').count(), 3)
  assert.equal(await ana.field.isEnabled(), true)
  await welcome.getByRole('button', { name: 'Got it' }).click()
  await page.getByRole('heading', { name: 'What shall we do?' }).waitFor()
  await page.getByText('Agent status: Asleep').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'What shall we do?' }).waitFor()
  await page.getByText('Agent status: Asleep').waitFor()
  assert.equal(await welcome.count(), 0)

  const ben = await newPerson('ben')
  const first = ben.page.getByRole('region', { name: 'Welcome' })
  await first.waitFor()
  await ben.ask('[[demo text="hello"]]')
  await ben.page.getByRole('button', { name: 'New conversation' }).click()
  await ben.page.getByRole('heading', { name: 'What shall we do?' }).waitFor()
  assert.equal(await first.count(), 0)
})

scenario('an agent whose person wants that is woken when the page opens, and by no reload', {}, async ({ stack, newPerson }) => {
  const { page } = await newPerson('ana', { wakeOnOpen: true })
  await page.getByText('Agent status: Ready').waitFor()
  const asked = []
  page.on('request', (request) => request.url().endsWith('/agent/wake') && asked.push(request))
  await ask(stack, 'ana', 'POST', '/agent/stop')
  await page.getByText('Agent status: Asleep').waitFor()
  await page.reload()
  await page.getByText('Agent status: Asleep').waitFor()
  await page.waitForLoadState('networkidle')
  assert.equal((await stack.tasks()).length, 1)
  assert.equal(asked.length, 0)
})

/** What Chromium itself writes when the network is away. */
const disconnected = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection to/

scenario('without a network the page opens, says what is missing, and goes on when the network is back', { complaints: disconnected }, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const context = page.context()
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state)
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, { timeout: PATIENCE })
  await context.setOffline(true)
  await page.reload()
  await page.getByRole('heading', { name: 'OpenClaw is out of reach' }).waitFor()
  await page.getByText('Your conversations are shown here when the connection is back.').waitFor()
  await context.setOffline(false)
  await page.getByText('Agent status: Asleep').waitFor()

  const kept = await page.evaluate(async () => {
    const caches = await globalThis.caches.keys()
    const requests = await Promise.all(caches.map(async (name) => (await globalThis.caches.open(name)).keys()))
    return { caches: caches.length, paths: requests.flat().map(({ url }) => new URL(url).pathname) }
  })
  assert.equal(kept.caches, 1)
  assert.ok(kept.paths.includes('/') && kept.paths.includes('/config.json'), kept.paths.join())
  assert.deepEqual(kept.paths.filter((path) => /^\/(api|oidc|ws|local|telegram)/.test(path)), [])
  assert.equal(kept.paths.filter((path) => !path.startsWith('/assets/')).length, 5)
  assert.ok((await fetch(`${stack.url}/manifest.webmanifest`)).ok)
})

scenario('the page can be installed: its manifest is whole, and its icons are what it says', {}, async ({ stack, newPerson }) => {
  const { page } = await newPerson()
  const client = await page.context().newCDPSession(page)
  const { errors, url } = await client.send('Page.getAppManifest')
  assert.deepEqual(errors, [])
  const manifest = await (await fetch(url)).json()
  assert.equal(manifest.start_url, '/')
  for (const { src, type } of manifest.icons) {
    const response = await fetch(new URL(src, stack.url))
    assert.equal(response.headers.get('content-type'), type, src)
  }
  assert.equal(await page.evaluate(() => document.documentElement.dir), 'ltr')
})
