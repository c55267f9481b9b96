// What a person writes before it is a message, and what becomes of it when it is written anew.
import assert from 'node:assert/strict'
import { scenario } from './support.mjs'

/** What Chromium itself writes when the network is away. */
const disconnected = /ERR_INTERNET_DISCONNECTED|WebSocket connection to/

const editing = 'Editing a message. Sending it asks again; what was answered stays.'

scenario('a message is edited and asked again, and what was answered stays', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.attach({ name: 'notes.txt', text: 'some' })
  await ana.ask('[[demo text="first"]]')
  await ana.field.fill('half a thought')
  await ana.said.first().hover()
  await ana.said.first().getByRole('button', { name: 'Edit and ask again' }).click()

  await page.getByText(editing).waitFor()
  assert.equal(await ana.field.inputValue(), '[[demo text="first"]]')
  assert.equal(await ana.field.evaluate((field) => field === document.activeElement), true)
  assert.deepEqual(await ana.drafts.getByText('notes.txt').count(), 2)
  await ana.field.fill('[[demo text="second"]]')
  await ana.field.press('Enter')
  assert.equal(await ana.reply(1), 'second')
  assert.equal(await ana.reply(0), 'first')
  assert.deepEqual(await ana.said.nth(1).getByRole('listitem').allInnerTexts(), ['notes.txt'])
  assert.equal(await page.getByText(editing).count(), 0)
  assert.equal(await ana.field.inputValue(), 'half a thought')

  await page.reload()
  await ana.arrived()
  assert.equal(await ana.reply(1), 'second')
  assert.equal(await ana.said.count(), 2)
})

scenario('the keyboard edits the last message and leaves it again', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="hello"]]')
  assert.equal(await ana.field.evaluate((field) => field === document.activeElement), true)
  await ana.field.press('ArrowUp')
  await page.getByText(editing).waitFor()
  assert.equal(await ana.field.inputValue(), '[[demo text="hello"]]')
  await ana.field.press('Escape')
  assert.equal(await page.getByText(editing).count(), 0)
  assert.equal(await ana.field.inputValue(), '')

  await ana.say('[[demo tokens=2000 delay=30]]')
  await ana.streaming(20)
  await ana.said.first().getByRole('button', { name: 'Edit and ask again' }).click()
  await ana.field.press('Escape')
  assert.equal(await page.getByText(editing).count(), 0)
  assert.equal(await ana.stop.count(), 1)
  await ana.field.press('Escape')
  await page.getByText('You stopped this reply.').waitFor()
})

scenario('a message that waits for the connection is taken back and never sent', { complaints: disconnected }, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  await page.context().setOffline(true)
  await page.getByText('Connection lost.').waitFor()
  await ana.say('not like this')
  await ana.field.press('ArrowUp')
  await ana.until('only the first message', async () => (await ana.said.count()) === 1)
  assert.equal(await ana.field.inputValue(), 'not like this')
  await page.context().setOffline(false)
  assert.equal(await ana.ask('[[demo text="like this"]]'), 'like this')
  await page.reload()
  await ana.arrived()
  assert.equal(await ana.reply(1), 'like this')
  assert.equal(await page.getByText('not like this').count(), 0)
})
