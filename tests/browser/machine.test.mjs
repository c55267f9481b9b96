// The agent's machine as its person sees it: awake or not, what it remembers, and what it used.
import assert from 'node:assert/strict'
import { scenario } from './support.mjs'

/** A page of the agent, by its name in the row of places. */
async function visit(person, name) {
  const { page } = person
  if (!new URL(page.url()).pathname.startsWith('/agent')) await page.getByRole('link', { name: 'My agent' }).click()
  await page.getByRole('navigation', { name: 'My agent' }).getByRole('link', { name, exact: true }).click()
}

const card = (person, name) => person.page.getByRole('region', { name, exact: true })
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
  const moments = ana.page.getByRole('region', { name: 'Today' }).getByRole('listitem')
  await moments.getByText('You asked for it').waitFor()
  assert.equal(await moments.count(), 1)

  await moments.getByRole('button', { name: /^Restore the snapshot of/ }).click()
  const dialog = ana.page.getByRole('dialog')
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
