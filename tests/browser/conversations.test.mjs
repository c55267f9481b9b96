// The sidebar and the search: conversations are found, named, read, and taken away, on every device.
import assert from 'node:assert/strict'
import { ask, scenario } from './support.mjs'

/** What is in the sidebar's list, from its top. */
const rows = (page) => page.getByRole('navigation', { name: 'Conversations' }).getByRole('listitem')

const row = (page, title) => rows(page).filter({ hasText: title })

async function pick(page, title, deed) {
  await row(page, title).getByRole('button', { name: /^Options for/ }).click()
  await page.getByRole('menuitem', { name: deed }).click()
}

/** Conversations of so many titles, as if they had been begun elsewhere. */
async function begin(stack, who, titles) {
  for (const title of titles) {
    const { conversationId } = await ask(stack, who, 'POST', '/conversations', {})
    await ask(stack, who, 'PATCH', `/conversations/${conversationId}`, { title })
  }
}

scenario('a conversation is renamed, by pointer and by keyboard, and all its devices see it', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="one"]]')
  const phone = await newPerson('ana')
  await row(phone.page, 'demo').waitFor()

  await pick(page, 'demo', 'Rename')
  const title = page.getByRole('textbox', { name: 'Title' })
  await title.fill('x'.repeat(201))
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('This title has 201 characters').waitFor()
  await title.fill('Plans for the 🏡')
  await title.press('Enter')
  await row(page, 'Plans for the 🏡').waitFor()
  await page.getByRole('heading', { level: 1, name: 'Plans for the 🏡' }).waitFor()
  await row(phone.page, 'Plans for the 🏡').waitFor()
  assert.equal(await page.title(), 'Plans for the 🏡 · OpenClaw')

  await row(page, 'Plans').getByRole('link').focus()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Rename' }).waitFor()
  await page.keyboard.press('Enter')
  await title.fill('Plans')
  await page.keyboard.press('Escape')
  await title.waitFor({ state: 'detached' })
  const focused = await row(page, 'Plans for the 🏡').getByRole('button').evaluate((button) => button === document.activeElement)
  assert.equal(focused, true)
})

scenario('deleting says what goes, waits for what is open, and takes the conversation from every device', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="first"]]')
  await page.getByRole('button', { name: 'New conversation' }).click()
  await page.getByText('What shall we do?').waitFor()
  await ana.say('[[demo tokens=4000 delay=50]] secret')
  await ana.streaming(10)
  const phone = await newPerson('ana')
  await row(phone.page, 'secret').waitFor()

  await pick(page, 'secret', 'Delete')
  const question = page.getByRole('alertdialog')
  await question.getByText('cannot be brought back').waitFor()
  await question.getByText('Your agent keeps what it has learned from it').waitFor()
  await question.getByRole('button', { name: 'Delete conversation' }).click()
  await question.getByRole('alert').getByText('waits for an answer').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()

  await ana.stop.click()
  await ana.reply(0)
  await pick(page, 'secret', 'Delete')
  await question.getByRole('button', { name: 'Delete conversation' }).click()
  await row(page, 'secret').waitFor({ state: 'detached' })
  await row(phone.page, 'secret').waitFor({ state: 'detached' })
  await ana.replies.first().getByText('first').waitFor()
  assert.equal(new URL(page.url()).pathname, '/c/default')
})
