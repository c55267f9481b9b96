// What a person writes before it is a message, and what becomes of it when it is written anew.
import assert from 'node:assert/strict'
import { Person, scenario } from './support.mjs'

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

/** The page opened anew in the same browser, where somebody is signed in already. */
async function openedAgain(context, url) {
  const page = await context.newPage()
  await page.goto(url)
  return new Person(page).arrived()
}

scenario('each conversation keeps its draft, through a reload and until the last letter', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.attach({ name: 'plan.txt', text: 'some' })
  await ana.until('the file is sent', async () => (await page.getByRole('progressbar').count()) === 0)
  const first = page.url()
  await ana.field.fill('for the first')
  await page.getByRole('button', { name: 'New conversation' }).click()
  await ana.until('an empty box', async () => (await ana.field.inputValue()) === '')
  await ana.field.pressSequentially('for another')
  await page.reload()
  await ana.arrived()
  assert.equal(await ana.field.inputValue(), 'for another')

  await page.goto(first)
  await ana.arrived()
  await ana.until('the first draft', async () => (await ana.field.inputValue()) === 'for the first')
  await ana.drafts.getByText('plan.txt').first().waitFor()
  await ana.field.fill('[[demo text="I have it"]]')
  await ana.field.press('Enter')
  assert.equal(await ana.reply(), 'I have it')
  assert.deepEqual(await ana.said.first().getByRole('listitem').allInnerTexts(), ['plan.txt'])
  await page.reload()
  await ana.arrived()
  assert.equal(await ana.field.inputValue(), '')
})

scenario('what could not be sent is sent by the page that is opened next, once', { complaints: disconnected }, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const context = page.context()
  const url = page.url()
  await ana.ask('[[demo text="awake"]]')
  await context.setOffline(true)
  await page.getByText('Connection lost.').waitFor()
  await ana.say('[[demo text="one"]]')
  await ana.say('[[demo text="two"]]')
  await page.getByText('Not sent yet. It goes out when the connection is back.').nth(1).waitFor()
  await page.close()

  await context.setOffline(false)
  const back = await openedAgain(context, url)
  assert.equal(await back.reply(1), 'one')
  assert.equal(await back.reply(2), 'two')
  await back.page.reload()
  await back.arrived()
  assert.equal(await back.reply(2), 'two')
  assert.equal(await back.said.count(), 3)
  assert.equal(await back.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('openclaw.unsent')).length), 0)
})

scenario('another tab sends what a closed one could not', { complaints: disconnected }, async ({ newPerson }) => {
  const left = await newPerson()
  await left.ask('[[demo text="awake"]]')
  const right = await openedAgain(left.page.context(), left.page.url())
  await left.page.context().setOffline(true)
  await left.page.getByText('Connection lost.').waitFor()
  await left.say('[[demo text="from the left"]]')
  await left.page.getByText('Not sent yet.').waitFor()
  await left.page.close()
  await right.page.context().setOffline(false)
  assert.equal(await right.reply(1), 'from the left')
  assert.equal(await right.said.count(), 2)
})

/** Also of pages that it would have fetched beforehand, because the pointer came by their links. */
const outOfReach = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection to/

scenario('signing out asks first while a message is not sent, and whoever stays loses nothing', { complaints: outOfReach }, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const question = page.getByRole('alertdialog')
  await ana.ask('[[demo text="awake"]]')
  const isLoaded = (part) => page.evaluate((name) => performance.getEntriesByType('resource').some((file) => file.name.includes(`/${name}-`) && file.responseEnd > 0), part)
  for (const part of ['SidebarAccountMenu', 'Search', 'Leave']) await ana.until(`${part} is there before it is asked for`, () => isLoaded(part))
  await page.context().setOffline(true)
  await page.getByText('Connection lost.').waitFor()
  await ana.say('[[demo text="said after all"]]')
  await page.getByText('Not sent yet.').waitFor()

  await ana.account('Sign out')
  await question.getByText('One message is not sent yet.').waitFor()
  await question.getByRole('button', { name: 'Stay signed in' }).click()
  await question.waitFor({ state: 'detached' })
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('Sign out')
  await page.getByRole('option', { name: 'Sign out' }).waitFor()
  await page.keyboard.press('Enter')
  await question.getByText('Sign out and lose a message?').waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  await ana.account('Sign out everywhere')
  await question.getByText('One message is not sent yet.').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()

  await page.context().setOffline(false)
  assert.equal(await ana.reply(1), 'said after all')
  await ana.account('Sign out')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
})

scenario('signing out leaves nothing of what was written', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.field.pressSequentially('a secret')
  const kept = () => page.evaluate(() => JSON.stringify({ ...localStorage }))
  await ana.until('the draft is kept', async () => (await kept()).includes('a secret'))
  await ana.account('Sign out')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.doesNotMatch(await kept(), /a secret|openclaw\.draft/)
})
