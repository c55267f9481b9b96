// The sidebar and the search: conversations are found, named, read, and taken away, on every device.
import assert from 'node:assert/strict'
import { seed } from './seed.mjs'
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
    await ask(stack, who, 'POST', '/conversations', { conversationId: crypto.randomUUID(), title })
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

// That the end of a reply was read may be told just after the conversation is gone: 404, and nobody minds.
const deleting = { complaints: /status of 409|status of 404 .*\/read\)/ }
scenario('deleting says what goes, waits for what is open, and takes the conversation from every device', deleting, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="first"]]')
  await page.getByRole('button', { name: 'New conversation' }).click()
  await page.getByText('What shall we do?').waitFor()
  await ana.say('[[demo tokens=300 delay=1000]] secret')
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

  await begin(stack, 'ana', ['Spare'])
  await pick(page, 'Spare', 'Delete')
  await question.getByRole('button', { name: 'Delete conversation' }).click()
  await row(page, 'Spare').waitFor({ state: 'detached' })
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  await ana.until('the focus on the list', async () => (await focused()) === 'Conversations')
})

scenario('the list goes on as it is scrolled, and each conversation is there once', {}, async ({ stack, newPerson }) => {
  await begin(stack, 'ana', Array.from({ length: 55 }, (_, index) => `Number ${index + 1}`))
  const ana = await newPerson()
  const { page } = ana
  await row(page, 'Number 55').waitFor()
  await page.getByRole('navigation', { name: 'Conversations' }).hover()
  await ana.until('the oldest conversation', async () => {
    await page.mouse.wheel(0, 2000)
    return (await rows(page).getByText('Number 1', { exact: true }).count()) > 0
  })
  const links = await rows(page).getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')))
  // The one on screen is there before anything was said in it.
  assert.equal(links.length, 56)
  assert.equal(new Set(links).size, 56)
})

scenario('what was said elsewhere is marked until it is read, and the tab counts it', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const read = page.waitForResponse((response) => response.url().endsWith('/conversations/default/read'))
  await ana.ask('[[demo text="one"]]')
  assert.equal((await read).status(), 204)
  await ask(stack, 'ana', 'POST', '/conversations/other/messages', { messageId: 'm-other', message: '[[demo text="news"]]' })
  const news = row(page, 'news')
  await news.getByText('Unread').waitFor()
  assert.equal(await page.getByText('Unread').count(), 1)

  // Another tab comes in front of it.
  const front = await page.context().newPage()
  await front.bringToFront()
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await ana.until('the count in the title', async () => (await page.title()).startsWith('(1) '))
  await page.evaluate(() => Reflect.deleteProperty(document, 'hidden'))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await front.close()

  const phone = await newPerson('ana')
  await row(phone.page, 'news').getByText('Unread').waitFor()
  await news.getByRole('link').click()
  await ana.replies.first().getByText('news').waitFor()
  await news.getByText('Unread').waitFor({ state: 'detached' })
  await row(phone.page, 'news').getByText('Unread').waitFor({ state: 'detached' })
  const { conversations } = await ask(stack, 'ana', 'GET', '/conversations')
  assert.deepEqual(conversations.map(({ unread }) => unread), [false, false])
})

scenario('the search finds titles at once and words that were said, and opens them from the keyboard', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="The heron stands in the reeds."]]')
  await page.getByRole('button', { name: 'New conversation' }).click()
  await page.getByText('What shall we do?').waitFor()
  await ana.ask('Plan for the winter')

  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Search conversations and pages' })
  await page.getByRole('group', { name: 'Recent conversations' }).getByRole('option').first().waitFor()
  await field.fill('winter')
  await page.getByRole('group', { name: 'Conversations' }).getByRole('option', { name: 'Plan for the winter' }).waitFor()
  await field.fill('HERON')
  const hit = page.getByRole('group', { name: 'Messages' }).getByRole('option', { name: /Agent: The heron stands/ })
  await hit.waitFor()
  assert.equal(await hit.locator('mark').innerText(), 'heron')
  await page.getByRole('status').getByText(/^\d+ results?$/).waitFor()

  const active = () => field.getAttribute('aria-activedescendant')
  const wanted = await hit.getAttribute('id')
  await ana.until('the message chosen by the arrow keys', async () => {
    if ((await active()) === wanted) return true
    await field.press('ArrowDown')
    return false
  })
  await field.press('Enter')
  await field.waitFor({ state: 'detached' })
  await ana.replies.first().getByText('The heron stands').waitFor()
  assert.equal(new URL(page.url()).pathname, '/c/default')
  assert.ok(new URL(page.url()).searchParams.get('at'))

  await page.getByRole('button', { name: 'Search' }).click()
  await field.fill('usage')
  await field.press('Enter')
  await page.waitForURL('**/agent/usage')
  await page.keyboard.press('Control+k')
  await field.fill('nothing has this in it')
  await page.getByText('Nothing found for “nothing has this in it”.').waitFor()
  await page.keyboard.press('Escape')
  await field.waitFor({ state: 'detached' })
})

scenario('on a phone the list is a drawer, and its menus and questions open inside it', {}, async ({ newPerson }) => {
  const ana = await newPerson('ana', { device: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } })
  const { page } = ana
  await ana.ask('[[demo text="one"]]')
  await page.getByRole('button', { name: 'Show conversations' }).click()
  const drawer = page.getByRole('dialog', { name: 'Conversations' })
  await drawer.getByRole('button', { name: /^Options for/ }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Small screen')
  await page.getByRole('button', { name: 'Save' }).click()
  await drawer.getByRole('link', { name: 'Small screen' }).click()
  await drawer.waitFor({ state: 'detached' })
  await page.getByRole('heading', { level: 1, name: 'Small screen' }).waitFor()

  await page.getByRole('button', { name: 'Show conversations' }).click()
  await drawer.getByRole('button', { name: 'Search' }).click()
  const field = page.getByRole('combobox', { name: 'Search conversations and pages' })
  await field.waitFor()
  await drawer.waitFor({ state: 'detached' })
  // The drawer gives the focus back when it goes; the search is where it belongs by then.
  await ana.until('the focus in the search', () => field.evaluate((input) => input === document.activeElement))
})

scenario('a search goes back by itself so far, and further when it is asked to', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="recent"]]')
  // Five requests of 500 rows: one more than the page makes by itself.
  await seed(stack, 1150, (n) => ({ question: n === 3 ? 'Where is the lighthouse?' : `question ${n}`, answer: `answer ${n}` }))
  const searches = []
  page.on('request', (request) => request.url().includes('/search?') && searches.push(request.url()))

  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Search conversations and pages' })
  await field.fill('lighthouse')
  await page.getByText('Nothing found in what was said lately.').waitFor()
  assert.equal(searches.length, 4)
  const further = page.getByRole('option', { name: 'Search further back' })
  assert.equal(await field.getAttribute('aria-activedescendant'), await further.getAttribute('id'))
  await field.press('Enter')
  await page.getByRole('option', { name: /You: Where is the lighthouse/ }).waitFor()
  assert.equal(searches.length, 5)
  await field.press('Enter')
  await page.getByText('Where is the lighthouse?').waitFor()
})
