// What goes wrong around a conversation, and what a person has to do about it: nothing, or one click.
import assert from 'node:assert/strict'
import { tables } from './seed.mjs'
import { scenario, signIn } from './support.mjs'

scenario('a provider that refuses is explained, and the next message works', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await ana.say('[[demo error=401]]')
  const said = await ana.trouble.first().innerText()
  assert.match(said, /provider|key/i)
  assert.equal(await ana.ask('[[demo text="fine"]]'), 'fine')
  await ana.page.reload()
  await ana.arrived()
  await ana.trouble.first().waitFor()
  assert.equal(await ana.trouble.count(), 1)
})

scenario('a failed message is asked anew with one click', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await ana.say('[[demo error=401]]')
  await ana.trouble.getByRole('button', { name: 'Try again' }).click()
  await ana.trouble.nth(1).waitFor()
  assert.equal(await ana.said.nth(1).getByText('[[demo error=401]]').count(), 1)
})

scenario('a dead message says why after a reload, and is tried again from the keyboard, once', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.say('[[demo error=401]]')
  const why = await ana.trouble.locator('p').innerText()
  await page.reload()
  await ana.arrived()
  await ana.trouble.waitFor()
  assert.equal(await ana.trouble.locator('p').innerText(), why)

  // Past the button that attaches files.
  await ana.field.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  const again = ana.trouble.first().getByRole('button')
  assert.equal(await again.evaluate((button) => button === document.activeElement), true)
  assert.equal(await again.innerText(), 'Try again')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await ana.trouble.nth(1).waitFor()
  assert.equal(await again.innerText(), 'Sent again')
  assert.equal(await again.evaluate((button) => button === document.activeElement), true)
  assert.equal(await ana.said.getByText('[[demo error=401]]').count(), 2)
})

/** What Chromium itself writes when the network is away. */
const disconnected = /ERR_INTERNET_DISCONNECTED|WebSocket connection to/

scenario('a connection lost mid-reply comes back and the reply is whole', { complaints: disconnected }, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  await ana.say('[[demo tokens=300 delay=20]]')
  await ana.streaming(40)
  await page.context().setOffline(true)
  await page.getByText('Connection lost.').waitFor()
  await ana.say('[[demo text="written offline"]]')
  await page.getByText('Not sent yet. It goes out when the connection is back.').waitFor()
  await page.context().setOffline(false)

  const whole = await ana.reply(1)
  assert.equal(await ana.reply(2), 'written offline')
  await page.reload()
  await ana.arrived()
  assert.equal(await ana.reply(1), whole)
  assert.equal(await ana.replies.count(), 3)
  assert.equal(await page.getByText('Connection lost.').count(), 0)
})

scenario('a task killed mid-reply is replaced, and the person does nothing', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.say('[[demo tokens=200 delay=20]]')
  await ana.streaming(40)
  const { id } = await stack.runningTask()
  await stack.control('POST', `tasks/${id}/kill`)
  const text = await ana.reply()
  assert.equal(await ana.trouble.count(), 0)
  assert.equal((await stack.tasks()).length, 2)
  await ana.page.reload()
  await ana.arrived()
  assert.equal(await ana.reply(), text)
  assert.equal(await ana.page.getByText('interrupted').count(), 0)
})

/** So little that no reply fits into it: all of it is kept for giving back and saving. */
const noGrace = { stopTimeout: 20 }

scenario('an interrupted reply stays in sight until another machine continues it', noGrace, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  // The announcer for screen readers says it, too.
  const reply = page.getByRole('article', { name: 'Agent' })
  const interrupted = reply.getByText('Interrupted. Your agent continues on a new machine.')
  await ana.say('[[demo tokens=200 delay=40]]')
  const half = await ana.streaming(60)
  // Long enough to see what a person sees meanwhile.
  await stack.control('PUT', 'faults', { provisioningDelayMs: 10_000 })
  const { id } = await stack.runningTask()
  await stack.control('POST', `tasks/${id}/interrupt`)

  await interrupted.waitFor()
  // What the page shows of it, without the notice below and the blanks between.
  const words = async () => (await ana.reply()).replace(/\s+/g, ' ').replace(/ ?Interrupted\..*$/, '')
  const left = await words()
  assert.ok(left.startsWith(half.trim()), left)
  await page.reload()
  await ana.arrived()
  await interrupted.waitFor()
  assert.ok((await words()).startsWith(left), await words())
  await ana.waking.getByText('Finding a machine').waitFor()

  await interrupted.waitFor({ state: 'detached' })
  const whole = await words()
  assert.ok(whole.startsWith(half.trim()) && whole.length > left.length, whole)
  assert.equal(await ana.replies.count(), 1)
  assert.equal(await ana.trouble.count(), 0)
})

scenario('a message that is refused for now is sent again by the page itself', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  const refused = new Promise((resolve) => {
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(String(payload))
        if (frame.type === 'error') resolve(frame)
      }),
    )
  })
  await page.reload()
  await ana.arrived()
  await page.getByText('Agent status: Ready').waitFor()

  await stack.control('PUT', 'faults', { errorRate: { 'dynamodb:TransactWriteItems': 1 } })
  await ana.say('[[demo text="arrived"]]')
  assert.equal((await refused).retryable, true)
  await stack.control('PUT', 'faults', {})
  assert.equal(await ana.reply(1), 'arrived')
  assert.equal(await ana.trouble.count(), 0)
  assert.equal(await ana.said.count(), 2)
})

scenario('a connection that is gone without a word costs the others nothing', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.ask('[[demo text="awake"]]')
  const dynamo = await tables(stack)
  const TableName = 'openclaw-Connections'
  const rows = async () => (await dynamo('Scan', { TableName })).Items
  const mine = (await rows()).find((row) => JSON.stringify(row).includes('"client"'))
  assert.ok(mine, 'no connection of the page')
  // As API Gateway leaves one behind whose end nobody told: on record, and answered with 410.
  const gone = JSON.parse(JSON.stringify(mine).replaceAll(mine.PK.S.replace('CONN#', ''), 'gone-without-a-word'))
  // Long after it opened: one that has just begun may not be open yet.
  gone.connectedAt = { N: String(Date.now() - 60_000) }
  await dynamo('PutItem', { TableName, Item: gone })

  const whole = await ana.ask('[[demo tokens=60 delay=20]]')
  assert.equal(await ana.trouble.count(), 0)
  await ana.until('the dead connection is forgotten', async () => !JSON.stringify(await rows()).includes('gone-without-a-word'))
  await ana.page.reload()
  await ana.arrived()
  assert.equal(await ana.reply(1), whole)
})

scenario('a token that expires while a reply is written is renewed, and nobody is asked', {}, async ({ stack, newDevice }) => {
  const device = await newDevice()
  await device.clock.install()
  const ana = await signIn(stack, device, 'ana')
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  const renewals = []
  page.on('request', (request) => request.url().endsWith('/token') && renewals.push(request.postData()))

  await ana.say('[[demo tokens=400 delay=20]]')
  await ana.streaming(40)
  await page.clock.fastForward('16:00')
  const whole = await ana.reply(1)
  assert.equal(await ana.ask('[[demo text="and on"]]'), 'and on')
  await ana.until('a renewal', async () => renewals.some((body) => /grant_type=refresh_token/.test(body ?? '')))
  assert.equal(await page.getByText('Your session has ended.').count(), 0)
  await page.reload()
  await ana.arrived()
  assert.equal(await ana.reply(1), whole)
})
