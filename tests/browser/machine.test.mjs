// The agent's machine as its person sees it: awake or not, what it remembers, and what it used.
import assert from 'node:assert/strict'
import { scenario } from './support.mjs'

/** A page of the agent, by its name in the row of places. */
async function visit(person, name) {
  const { page } = person
  if (!new URL(page.url()).pathname.startsWith('/agent')) await page.getByRole('link', { name: 'My agent' }).click()
  await page.getByRole('navigation', { name: 'My agent' }).getByRole('link', { name, exact: true }).click()
}

/** What is counted is written after a reply, never in front of it: so one looks again. */
const revisitUntil = (person, name, what, look) =>
  person.until(what, async () => {
    if (await look()) return true
    await visit(person, 'Status')
    await visit(person, name)
    return false
  })

const card = (person, name) => person.page.getByRole('region', { name, exact: true })
const momentsOf = (person) => card(person, 'What your agent remembers').getByRole('list', { name: 'Today' }).getByRole('listitem')
/** News is a dialog, too, so it is asked for by name. */
const restoreDialog = (person) => person.page.getByRole('dialog', { name: /^Restore the snapshot of/ })
const button = (person, name) => person.page.getByRole('button', { name, exact: true })

/** Back to what was said, by the title it got from its first message. */
async function backTo(person, title) {
  await person.page.getByRole('link', { name: title }).first().click()
  await person.arrived()
}

/** Asks the API as the page does, with a token of the same person. */
async function api(stack, who) {
  const form = new URLSearchParams({ grant_type: 'password', username: who })
  const { token_endpoint } = await (await fetch(`${stack.issuer}/.well-known/openid-configuration`)).json()
  const { access_token } = await (await fetch(token_endpoint, { method: 'POST', body: form })).json()
  return async (path) => {
    const response = await fetch(`${stack.api}${path}`, { headers: { authorization: `Bearer ${access_token}` } })
    assert.ok(response.ok, `${path}: ${response.status}`)
    return response.json()
  }
}

scenario('the agent is woken from its page, and stopped', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await visit(ana, 'Status')
  const now = card(ana, 'Right now')
  await now.getByText('Your agent is asleep.').waitFor()
  await card(ana, 'Wake-ups').getByText('No wake-ups yet').waitFor()
  assert.equal(await button(ana, 'Stop').getAttribute('aria-disabled'), 'true')

  await button(ana, 'Wake').click()
  await now.getByText('Your agent is awake and listening.').waitFor()
  await now.getByText('Machine since').waitFor()
  const rows = card(ana, 'Wake-ups').getByRole('row')
  await ana.until('a row for the wake-up', async () => (await rows.count()) === 2)
  await ana.until('how long it took', async () => /sec|min/.test(await rows.last().innerText()))

  await button(ana, 'Stop').click()
  await now.getByText('Your agent is asleep.').waitFor()
  assert.equal(await button(ana, 'Wake').getAttribute('aria-disabled'), 'false')
})

scenario('restarting while it answers asks first, and the conversation goes on', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.ask('[[demo text="one"]]')
  const before = await stack.runningTask()
  await ana.say('[[demo tokens=120 chunk=4 delay=60]]')
  await ana.streaming(8)

  await visit(ana, 'Status')
  await card(ana, 'Right now').getByText('Your agent is awake and answering.').waitFor()
  await button(ana, 'Restart').click()
  const question = ana.page.getByRole('alertdialog', { name: 'Restart while it is answering?' })
  await question.getByText('breaks off and is begun anew').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await question.waitFor({ state: 'detached' })
  assert.equal((await stack.runningTask()).id, before.id)

  await button(ana, 'Restart').click()
  await question.getByRole('button', { name: 'Restart' }).click()
  await ana.until('another task', async () => (await stack.tasks()).some((task) => task.id !== before.id))
  await backTo(ana, /text="one"/)
  assert.notEqual(await ana.reply(1), '')
  assert.equal(await ana.ask('[[demo text="three"]]'), 'three')
})

scenario('what is saved now is in the list, and comes back into a folder', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.attach({ name: 'note.txt', text: 'the first one' })
  await ana.ask('[[demo text="kept"]]')
  await visit(ana, 'Snapshots')
  await card(ana, 'What your agent remembers').getByText('No snapshots yet').waitFor()
  await button(ana, 'Save now').click()
  const moments = momentsOf(ana)
  await moments.getByText('You asked for it').waitFor()
  assert.equal(await moments.count(), 1)

  await moments.getByRole('button', { name: /^Restore the snapshot of/ }).click()
  const dialog = restoreDialog(ana)
  const folder = dialog.getByRole('textbox', { name: 'Name of the folder' })
  await folder.fill('../elsewhere')
  await dialog.getByText('A folder’s name has no slashes.').waitFor()
  assert.equal(await dialog.getByRole('button', { name: 'Restore into a folder' }).getAttribute('aria-disabled'), 'true')
  await folder.fill('back then')
  await dialog.getByRole('button', { name: 'Restore into a folder' }).click()
  await card(ana, 'Restore').getByText('Done: the files lie in the folder back then.').waitFor()

  const ask = await api(stack, 'ana')
  const list = async (path) => (await ask(`/workspace?path=${encodeURIComponent(path)}`)).entries.map(({ name }) => name)
  const [messageId] = await list('back then/uploads')
  assert.deepEqual(await list(`back then/uploads/${messageId}`), ['note.txt'])
})

scenario('going back in place asks first, and what came after stays in the list', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.attach({ name: 'early.txt', text: 'early' })
  await ana.ask('[[demo text="early"]]')
  await visit(ana, 'Snapshots')
  await button(ana, 'Save now').click()
  const moments = momentsOf(ana)
  await moments.getByText('You asked for it').waitFor()
  await backTo(ana, /early/)
  await ana.attach({ name: 'late.txt', text: 'late' })
  await ana.ask('[[demo text="late"]]')

  await visit(ana, 'Snapshots')
  await moments.last().getByRole('button', { name: /^Restore the snapshot of/ }).click()
  const dialog = restoreDialog(ana)
  await dialog.getByRole('radio', { name: 'In place' }).check()
  await dialog.getByText('What came after stays in this list').waitFor()
  await dialog.getByRole('button', { name: 'Go back to this moment' }).click()
  await card(ana, 'Restore').getByText('Done: your agent is what it was').waitFor()
  await moments.getByText('When it went to sleep').waitFor()

  const ask = await api(stack, 'ana')
  const { entries } = await ask('/workspace?path=uploads')
  const names = await Promise.all(entries.map(async ({ name }) => (await ask(`/workspace?path=uploads/${name}`)).entries[0].name))
  assert.deepEqual(names, ['early.txt'])
})

scenario('what was asked is counted, and the table holds what the chart shows', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await visit(ana, 'Usage')
  await ana.page.getByText('Nothing was used in these days').waitFor()
  await button(ana, 'New conversation').click()
  await ana.arrived()
  await ana.ask('[[demo text="one"]]')
  await ana.ask('[[demo text="two"]]')
  await visit(ana, 'Usage')
  const messages = card(ana, 'Messages by channel')
  await revisitUntil(ana, 'Usage', 'two messages', () => messages.getByText('2 in all').count())
  const days = messages.getByRole('slider', { name: 'Messages by channel, day by day' })
  await days.press('Home')
  assert.match(await days.getAttribute('aria-valuetext'), /: 0\. Page 0, Telegram 0, Schedules 0$/)
  await days.press('End')
  const [, day, total, page] = /^(.*): (\d+)\. Page (\d+),/.exec(await days.getAttribute('aria-valuetext'))
  assert.deepEqual([total, page], ['2', '2'])

  await messages.getByRole('button', { name: /Show as table/ }).click()
  const rows = messages.getByRole('row')
  assert.equal(await rows.count(), 32)
  const row = messages.getByRole('row', { name: new RegExp(`^${day}`) })
  assert.deepEqual(await row.getByRole('cell').allInnerTexts(), [page, '0', '0', total])
  await button(ana, '7 days').click()
  await ana.until('seven days', async () => (await rows.count()) === 9)
})

scenario('while there is no machine, a second restore and a wake-up are refused in words', { complaints: /409/ }, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.ask('[[demo text="kept"]]')
  await visit(ana, 'Status')
  await button(ana, 'Stop').click()
  await card(ana, 'Right now').getByText('Your agent is asleep.').waitFor()
  await visit(ana, 'Snapshots')
  await momentsOf(ana).getByText('When it went to sleep').waitFor()
  await button(ana, 'Save now').click()
  await ana.page.getByText('Your agent is asleep, and everything is saved.').waitFor()

  await stack.control('PUT', 'faults', { allUnavailable: true })
  const dialog = restoreDialog(ana)
  const restore = async () => {
    await momentsOf(ana).getByRole('button', { name: /^Restore the snapshot of/ }).click()
    await dialog.getByRole('button', { name: 'Restore into a folder' }).click()
  }
  await restore()
  await card(ana, 'Restore').getByText('is being woken for it').waitFor()
  await dialog.waitFor({ state: 'detached' })
  await restore()
  await dialog.getByRole('alert').getByText('Another restore is under way.').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await visit(ana, 'Status')
  await button(ana, 'Wake').click()
  await card(ana, 'Wake, stop, restart').getByRole('alert').getByText('No machine is free right now').waitFor()
})

scenario('a cap that is reached refuses what is said next, and raised it lets the conversation go on', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await visit(ana, 'Usage')
  const cap = card(ana, 'Spending cap')
  await cap.getByText('There is no cap.').waitFor()
  const choose = async (open, amount) => {
    await cap.getByRole('button', { name: open, exact: true }).click()
    const dialog = ana.page.getByRole('dialog', { name: 'Spending cap' })
    await dialog.getByLabel('US dollars a month').fill(amount)
    await dialog.getByRole('button', { name: 'Save' }).click()
    return dialog
  }
  const dialog = await choose('Set a cap', '0.005')
  await dialog.getByText('Write an amount from 0 to 10,000').waitFor()
  await dialog.getByLabel('US dollars a month').fill('0.01')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const meter = cap.getByRole('meter', { name: 'Spent of this month’s cap' })
  await meter.waitFor()
  assert.equal(await meter.getAttribute('aria-valuetext'), '$0.00 of $0.01')

  await button(ana, 'New conversation').click()
  await ana.arrived()
  await ana.ask('[[demo tokens=8000 chunk=4000 delay=0]]')
  const reached = ana.page.getByRole('alert').getByText('This month’s cap is reached')
  await revisitUntil(ana, 'Usage', 'that the cap is reached', () => reached.count())

  await backTo(ana, /tokens=8000/)
  await ana.say('[[demo text="too much"]]')
  await ana.page.getByText(/spend(ing)? cap/).first().waitFor()
  assert.equal(await ana.replies.count(), 1)

  await visit(ana, 'Usage')
  await choose('Change', '5')
  await reached.waitFor({ state: 'detached' })
  await backTo(ana, /tokens=8000/)
  assert.equal(await ana.ask('[[demo text="on we go"]]'), 'on we go')

  await visit(ana, 'Usage')
  await cap.getByRole('button', { name: 'Remove' }).click()
  await ana.page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await cap.getByText('There is no cap.').waitFor()
})
