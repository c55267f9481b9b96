// A conversation with a long past: reading back, being led to a message in the middle, and coming back.
import assert from 'node:assert/strict'
import { ask, scenario } from './support.mjs'
import { seed } from './seed.mjs'

const words = (n) => ({ question: `question ${n}.`, answer: `Answer ${n}. ${'And some more words. '.repeat(n % 7)}` })

/** Lets what was scrolled into view be laid out. */
const settled = (page) =>
  page.evaluate(async () => {
    for (let frame = 0; frame < 10; frame += 1) await new Promise(requestAnimationFrame)
  })

const pane = (ana) => ana.page.getByRole('region', { name: 'Conversation', exact: true })
const scrollTo = (ana, top) => pane(ana).evaluate((element, to) => element.scrollTo({ top: to, behavior: 'instant' }), top)
const question = (ana, n) => ana.said.filter({ hasText: `question ${n}.` })

async function withPast(newPerson, stack, pairs) {
  const ana = await newPerson()
  await ana.ask('[[demo text="the latest"]]')
  await seed(stack, pairs, words)
  await ana.page.reload()
  await ana.arrived()
  await question(ana, pairs - 1).waitFor()
  return ana
}

scenario('earlier messages come by themselves, and what is being read does not move', {}, async ({ stack, newPerson }) => {
  const ana = await withPast(newPerson, stack, 120)
  const { page } = ana
  let asked
  const isAsked = new Promise((resolve) => (asked = resolve))
  let release
  const gate = new Promise((resolve) => (release = resolve))
  await page.route(/messages\?.*before=/, async (route) => {
    asked()
    await gate
    await route.continue()
  })
  const before = await ana.said.count()
  await scrollTo(ana, 700)
  await isAsked
  await settled(page)

  const seen = await pane(ana).evaluate((element) => {
    const top = element.getBoundingClientRect().top
    const first = [...element.querySelectorAll('article')].find((article) => article.getBoundingClientRect().bottom > top)
    return { text: first.textContent, at: first.getBoundingClientRect().top }
  })
  release()
  await ana.until('more messages', async () => (await ana.said.count()) > before)
  await settled(page)
  const now = await pane(ana).evaluate(
    (element, { text }) => [...element.querySelectorAll('article')].find((article) => article.textContent === text).getBoundingClientRect().top,
    seen,
  )
  assert.ok(Math.abs(now - seen.at) <= 1, `what was read moved from ${seen.at} to ${now}`)

  await ana.until('the beginning', async () => {
    await scrollTo(ana, 0)
    return (await question(ana, 0).count()) === 1
  })
  assert.equal(await ana.said.count(), 121)
  await ana.until('no button for more', async () => (await page.getByRole('button', { name: 'Show earlier messages' }).count()) === 0)
})

scenario('earlier messages that could not be loaded are asked for with the button', { complaints: /status of 5\d\d/ }, async ({ stack, newPerson }) => {
  const ana = await withPast(newPerson, stack, 60)
  const { page } = ana
  const button = page.getByRole('button', { name: 'Show earlier messages' })
  await stack.control('PUT', 'faults', { errorRate: { 'dynamodb:Query': 1 } })
  await scrollTo(ana, 0)
  await page.getByRole('alert').getByText('Something went wrong on our side.').waitFor()
  const before = await ana.said.count()
  await stack.control('PUT', 'faults', {})
  await button.focus()
  await page.keyboard.press('Enter')
  await ana.until('more messages', async () => (await ana.said.count()) > before)
})

scenario('a link to a message opens the conversation around it, and scrolling on leads to the end', {}, async ({ stack, newPerson }) => {
  const ana = await withPast(newPerson, stack, 200)
  const { page } = ana
  const { hits } = await ask(stack, 'ana', 'GET', `/search?q=${encodeURIComponent('question 60.')}`)
  const [{ place, messageId }] = hits
  const link = `${stack.url}/c/default?${new URLSearchParams({ at: place, message: messageId })}`

  await page.goto(link)
  await ana.arrived()
  await question(ana, 60).waitFor()
  await settled(page)
  const middle = await question(ana, 60).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return { share: (top + bottom) / 2 / innerHeight, isFocused: element.closest('li') === document.activeElement }
  })
  assert.ok(middle.share > 0.2 && middle.share < 0.8, `at ${middle.share} of the screen`)
  assert.equal(middle.isFocused, true)
  assert.equal(await question(ana, 199).count(), 0)

  await ask(stack, 'ana', 'POST', '/conversations/default/messages', { messageId: 'elsewhere', message: '[[demo text="meanwhile"]]' })
  await ana.until('its end in the record', async () => {
    const page = await ask(stack, 'ana', 'GET', '/conversations/default/messages?limit=2')
    return page.messages.some((message) => message.text === 'meanwhile')
  })
  assert.equal(await page.getByText('meanwhile', { exact: true }).count(), 0)

  await page.mouse.move(700, 400)
  await ana.until('the end', async () => {
    await page.mouse.wheel(0, 2000)
    return (await page.getByText('meanwhile', { exact: true }).count()) === 1
  })
  const order = await ana.said.allTextContents()
  const numbers = order.map((text) => Number(/question (\d+)/.exec(text)?.[1] ?? 200))
  assert.deepEqual(numbers, [...numbers].toSorted((a, b) => a - b))
  assert.equal(new Set(numbers.filter((n) => n < 200)).size, numbers.filter((n) => n < 200).length)
})

scenario('from a message in the middle one step leads to the latest, and so does saying something', {}, async ({ stack, newPerson }) => {
  const ana = await withPast(newPerson, stack, 150)
  const { page } = ana
  const { hits } = await ask(stack, 'ana', 'GET', `/search?q=${encodeURIComponent('question 40.')}`)
  const link = `${stack.url}/c/default?${new URLSearchParams({ at: hits[0].place, message: hits[0].messageId })}`
  await page.goto(link)
  await ana.arrived()
  await question(ana, 40).waitFor()
  await page.getByRole('button', { name: 'Jump to latest' }).click()
  await question(ana, 149).waitFor()
  assert.equal(await question(ana, 40).count(), 0)
  assert.equal(new URL(page.url()).search, '')

  await page.goto(link)
  await ana.arrived()
  await question(ana, 40).waitFor()
  await ana.say('[[demo text="here again"]]')
  await page.getByText('here again', { exact: true }).waitFor()
  assert.equal(await question(ana, 40).count(), 0)
})
