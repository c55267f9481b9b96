// Files, from the dialog, the clipboard and the desktop, to the message that names them.
import assert from 'node:assert/strict'
import { scenario } from './support.mjs'

const MIB = 1_048_576

scenario('files are sent while a message is written, and shown with it ever after', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.attach({ name: 'plan (1).pdf', bytes: Buffer.alloc(3 * MIB, 7) })
  await ana.drafts.filter({ hasText: 'plan (1).pdf' }).getByText('3 MB').waitFor()
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.items.add(new File(['from the desktop'], 'dropped.txt'))
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
  })
  await ana.drafts.filter({ hasText: 'dropped.txt' }).waitFor()
  await ana.attach({ name: 'mistake.txt', text: 'no' })
  await page.getByRole('button', { name: 'Remove mistake.txt' }).click()
  await ana.until('two files', async () => (await ana.drafts.count()) === 2)

  assert.match(await ana.ask('[[demo text="I have them."]]'), /I have them/)
  assert.equal(await page.getByRole('button', { name: /^Remove / }).count(), 0)
  const shown = ana.said.nth(0).getByRole('listitem')
  assert.deepEqual(await shown.allInnerTexts(), ['plan (1).pdf', 'dropped.txt'])
  await page.reload()
  await ana.arrived()
  await ana.until('the files in the history', async () => (await shown.count()) === 2)
  assert.deepEqual(await shown.allInnerTexts(), ['plan (1).pdf', 'dropped.txt'])
})

scenario('a file that is too large is not sent, and the sentence says how much is taken', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await ana.attach({ name: 'film.mov', bytes: Buffer.alloc(25 * MIB + 1) })
  await ana.page.getByText('film.mov is too large: 26 MB of at most 25 MB.').waitFor()
  assert.equal(await ana.drafts.count(), 0)
})

scenario('a store that refuses is said so, and the file can be sent again', { complaints: /status of 5\d\d/ }, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await stack.control('PUT', 'faults', { errorRate: { 's3:PostObject': 1 } })
  await ana.attach({ name: 'a.txt', text: 'one' })
  await page.getByRole('button', { name: 'Send a.txt again' }).waitFor()
  await ana.say('look')
  await page.getByText('A file could not be sent. Send it again or remove it.').waitFor()
  await stack.control('PUT', 'faults', {})
  await page.getByRole('button', { name: 'Send a.txt again' }).click()
  await ana.until('it is sent', async () => (await page.getByRole('progressbar').count()) === 0)
  await ana.field.press('Enter')
  await ana.reply()
  assert.deepEqual(await ana.said.nth(0).getByRole('listitem').allInnerTexts(), ['a.txt'])
})
