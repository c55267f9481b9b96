// The agent's files, its skills, and what it is asked by itself.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { PATIENCE, scenario, signIn } from './support.mjs'

/** Goes there as a person does: by the sidebar, then by the page's own places. */
async function goTo({ page }, place) {
  await page.getByRole('link', { name: 'My agent' }).click()
  await page.getByRole('navigation', { name: 'My agent' }).getByRole('link', { name: place, exact: true }).click()
}

const entry = ({ page }, name) => page.getByRole('list', { name: 'Files and folders' }).getByRole('listitem').filter({ hasText: name })
const upload = ({ page }, name) => page.getByRole('list', { name: 'Uploads' }).getByRole('listitem').filter({ hasText: name })

/** Picks files as the dialog of a button does. */
async function pick({ page }, button, ...files) {
  const dialog = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: button }).click()
  await (await dialog).setFiles(files.map(({ name, bytes }) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })))
}

async function save({ page }, name) {
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: `Download ${name}` }).click()
  return readFile(await (await saved).path(), 'utf8')
}

scenario('files are sent into a folder, listed, replaced after a question, and saved', { complaints: /status of 404/ }, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  await goTo(ana, 'Files')
  await page.getByText('Live: this is how it is now').waitFor()

  await page.goto(`${stack.url}/agent/files?path=notes`)
  await page.getByText('There is no such folder').waitFor()
  await pick(ana, 'Upload files', { name: 'plan.md', bytes: '# Plan\n\nfirst' }, { name: 'a\u202Egpj.exe', bytes: 'x' })
  await upload(ana, 'plan.md').getByText('In the workspace').waitFor()
  await upload(ana, 'gpj.exe').getByText('In the workspace').waitFor()
  await entry(ana, 'plan.md').getByText('13 B').waitFor()
  assert.equal(await entry(ana, 'gpj.exe').getByRole('link').innerText(), 'a\ufffdgpj.exe')
  assert.equal(await save(ana, 'plan.md'), '# Plan\n\nfirst')

  await pick(ana, 'Upload files', { name: 'plan.md', bytes: 'second' })
  const question = page.getByRole('alertdialog', { name: 'Replace 1 file?' })
  await question.getByText('plan.md').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await question.waitFor({ state: 'detached' })
  assert.equal(await save(ana, 'plan.md'), '# Plan\n\nfirst')
  await page.getByRole('button', { name: 'Clear those that are done' }).click()
  await pick(ana, 'Upload files', { name: 'plan.md', bytes: 'second' })
  await question.getByRole('button', { name: 'Replace and upload' }).click()
  await upload(ana, 'plan.md').getByText('In the workspace').waitFor()
  await entry(ana, 'plan.md').getByText('6 B').waitFor()
  assert.equal(await save(ana, 'plan.md'), 'second')
  assert.equal(new URL(page.url()).pathname, '/agent/files')

  const way = page.getByRole('navigation', { name: 'Folder' }).getByRole('link')
  assert.deepEqual(await way.evaluateAll((links) => links.map((link) => `${link.innerText} ${link.ariaCurrent}`)), ['Workspace null', 'notes page'])
  await way.filter({ hasText: 'Workspace' }).click()
  await entry(ana, 'notes').getByRole('link', { name: 'notes' }).click()
  await entry(ana, 'plan.md').waitFor()
  await page.goBack()
  await entry(ana, 'notes').waitFor()
  await page.goForward()
  await entry(ana, 'plan.md').waitFor()
})

scenario('what cannot be sent says why before anything leaves, and what the store refuses goes again', { complaints: /status of 5\d\d/ }, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await goTo(ana, 'Files')
  await page.getByText('Nothing has been saved yet.').waitFor()
  await pick(ana, 'Upload files', { name: 'film.mov', bytes: Buffer.alloc(25 * 1_048_576 + 1) })
  await upload(ana, 'film.mov').getByText('Too large: 26 MB of at most 25 MB.').waitFor()
  await page.getByRole('button', { name: 'Dismiss film.mov' }).click()

  await stack.control('PUT', 'faults', { errorRate: { 's3:PostObject': 1 } })
  await pick(ana, 'Upload files', { name: 'a.txt', bytes: 'one' })
  const again = page.getByRole('button', { name: 'Upload a.txt again' })
  await again.waitFor()
  await stack.control('PUT', 'faults', {})
  await again.click()
  await upload(ana, 'a.txt').getByText('It is put into the workspace when your agent wakes.').waitFor()
})

scenario('while the agent sleeps its files are as they were saved, and what is sent waits for it', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  await goTo(ana, 'Files')
  await pick(ana, 'Upload files', { name: 'before.txt', bytes: 'before' })
  await upload(ana, 'before.txt').getByText('In the workspace').waitFor()
  await goTo(ana, 'Status')
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByText('Agent status: Asleep').waitFor()
  await goTo(ana, 'Files')
  await page.getByText('As it was saved on').waitFor()
  await entry(ana, 'before.txt').waitFor()
  assert.equal(await save(ana, 'before.txt'), 'before')

  await page.evaluate(() => {
    const data = new DataTransfer()
    data.items.add(new File(['later'], 'dropped.txt'))
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
  })
  await upload(ana, 'dropped.txt').getByText('It is put into the workspace when your agent wakes.').waitFor()
  assert.equal(await entry(ana, 'dropped.txt').count(), 0)

  await page.getByRole('link', { name: /demo text/ }).click()
  await ana.ask('[[demo text="again"]]')
  await goTo(ana, 'Files')
  await ana.until('the file in its place', async () => {
    if ((await entry(ana, 'dropped.txt').count()) > 0) return true
    await page.getByRole('button', { name: 'Read again' }).click()
    return false
  })
  assert.equal(await save(ana, 'dropped.txt'), 'later')
})

/** Red, two by two. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==', 'base64')

scenario('texts, code and pictures are looked at without leaving the folder, and nothing in them acts', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="awake"]]')
  await goTo(ana, 'Files')
  const files = [
    { name: 'a.md', bytes: '# A heading\n\n<img src=x onerror=alert(1)> ![far](https://example.com/x.png)' },
    { name: 'b.py', bytes: 'def answer():\n    return 42\n' },
    { name: 'c.png', bytes: PNG },
    { name: 'd.svg', bytes: '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>' },
    { name: 'e.bin', bytes: Buffer.from([1, 0, 2]) },
    { name: 'f.log', bytes: `${'x'.repeat(1_048_576)}END` },
    { name: 'g.png', bytes: 'no picture' },
  ]
  await pick(ana, 'Upload files', ...files)
  await ana.until('all of them', async () => (await page.getByText('In the workspace', { exact: true }).count()) === files.length)

  const look = async (name) => {
    await entry(ana, name).getByRole('link').click()
    const dialog = page.getByRole('dialog', { name })
    await dialog.getByText(/as it is now/).waitFor()
    return dialog
  }
  const close = async (dialog) => {
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  }

  let dialog = await look('a.md')
  await dialog.getByRole('heading', { name: 'A heading' }).waitFor()
  assert.equal(await dialog.getByRole('img').count(), 0)
  assert.equal(new URL(page.url()).search, '?file=a.md')
  await page.reload()
  await dialog.getByRole('heading', { name: 'A heading' }).waitFor()
  await close(dialog)
  assert.equal(new URL(page.url()).search, '')

  dialog = await look('b.py')
  await dialog.locator('.hljs-keyword').getByText('def').waitFor()
  await page.goBack()
  await dialog.waitFor({ state: 'detached' })

  dialog = await look('c.png')
  const picture = dialog.getByRole('img', { name: 'c.png' })
  await ana.until('the picture', () => picture.evaluate((image) => image.naturalWidth === 2))
  await close(dialog)

  dialog = await look('d.svg')
  await dialog.getByText('alert(1)').waitFor()
  assert.equal(await dialog.getByRole('img').count(), 0)
  await close(dialog)

  dialog = await look('e.bin')
  await dialog.getByText('This file cannot be previewed.').waitFor()
  await close(dialog)

  dialog = await look('f.log')
  await dialog.getByText('Only the first 1 MB are shown.').waitFor()
  assert.equal((await dialog.getByRole('region', { name: 'f.log' }).innerText()).length, 1_048_576)
  await close(dialog)

  dialog = await look('g.png')
  await dialog.getByText('This file cannot be previewed.').waitFor()
  await dialog.getByRole('button', { name: 'Download' }).waitFor()
})

function crc32(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** Files in a zip, not compressed. */
function zip(files) {
  const parts = []
  const index = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(text)]
    const head = Buffer.alloc(26)
    head.writeUInt16LE(20, 0)
    head.writeUInt32LE(crc32(bytes), 10)
    head.writeUInt32LE(bytes.length, 14)
    head.writeUInt32LE(bytes.length, 18)
    head.writeUInt16LE(path.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, path, bytes])
    const where = Buffer.alloc(14)
    where.writeUInt32LE(offset, 10)
    index.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), head, where, path]))
    parts.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(index)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(index.length, 4)
  end.writeUInt16LE(index.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06'), end])
}

const matter = (name, description) => `---\nname: ${name}\ndescription: ${description}\n---\n\nDo it.\n`

scenario('a skill comes as a zip or from the form, is refused with the reason, replaced and removed', { complaints: /status of 400/ }, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const skills = page.getByRole('list', { name: 'Your skills' }).getByRole('listitem')
  await goTo(ana, 'Skills')
  await page.getByText('Teach your agent something').waitFor()
  await page.getByText('name: weekly-review').waitFor()

  await pick(ana, 'Upload a skill', { name: 'empty.zip', bytes: zip({ 'README.md': 'no skill' }) })
  const refusal = page.getByRole('alert')
  await refusal.getByText('empty.zip was not taken').waitFor()
  await refusal.getByText('the archive must have a SKILL.md, at its top or in its only folder.').waitFor()
  await pick(ana, 'Upload a skill', { name: 'notes.pdf', bytes: 'x' })
  await refusal.getByText('notes.pdf is neither a zip nor a text in Markdown.').waitFor()

  await pick(ana, 'Upload a skill', { name: 'pdf.zip', bytes: zip({ 'pdf/SKILL.md': matter('pdf', 'Reads PDF files.'), 'pdf/run.sh': 'echo' }) })
  await skills.filter({ hasText: 'Reads PDF files.' }).getByText(/^2 files, /).waitFor()
  assert.equal(await refusal.count(), 0)
  await pick(ana, 'Upload a skill', { name: 'SKILL.md', bytes: matter('pdf', 'Reads them better.') })
  await page.getByText('pdf took the place of the one before.').waitFor()
  await skills.filter({ hasText: 'Reads them better.' }).getByText(/^1 file, /).waitFor()

  await page.getByRole('button', { name: 'Write one here' }).click()
  await page.getByRole('button', { name: 'Save skill' }).click()
  await page.getByText('Write what is to be done.').waitFor()
  await page.getByLabel('Name').fill('Weekly Review')
  await page.getByLabel('When to use it').fill('When I say "review": now # really')
  await page.getByLabel('Instructions').fill('1. Read\n2. Write')
  await page.getByRole('button', { name: 'Save skill' }).click()
  await skills.filter({ hasText: 'weekly-review' }).getByText('When I say "review": now # really').waitFor()

  await page.getByRole('button', { name: 'Remove pdf' }).click()
  const question = page.getByRole('alertdialog', { name: 'Remove the skill pdf?' })
  await question.getByRole('button', { name: 'Remove skill' }).click()
  await ana.until('one skill', async () => (await skills.count()) === 1)
  assert.equal(await page.getByRole('heading', { name: 'weekly-review' }).count(), 1)
})

const schedulesOf = ({ page }) => page.getByRole('list', { name: 'Your schedules' }).getByRole('listitem')
const runsOf = ({ page }) => page.getByRole('region', { name: 'Next times' }).getByRole('listitem')

scenario('a schedule made in plain words rings, is answered in its own conversation, is switched off, changed and removed', {}, async ({ stack, newDevice }) => {
  const ana = await signIn(stack, await newDevice({ timezoneId: 'Asia/Seoul', locale: 'en-US' }), 'ana')
  const { page } = ana
  await goTo(ana, 'Schedules')
  await page.getByText('Have your agent do something by itself').waitFor()
  await page.getByRole('button', { name: /^every weekday at 8 am/ }).click()
  await page.getByText('Understood: Every weekday at 8:00 AM.').waitFor()

  const when = page.getByLabel('When, in your own words')
  await when.fill('every weekday')
  await page.getByText('At what time?').waitFor()
  await when.fill('every weekday except Friday at 8')
  await page.getByText('“except” is not understood.').waitFor()
  await when.fill('every day at 14:30')
  await page.getByText('Understood: Every day at 2:30 PM.').waitFor()
  assert.equal(await page.getByLabel('Time', { exact: true }).inputValue(), '14:30')
  await ana.until('five times', async () => (await runsOf(ana).filter({ hasText: '2:30 PM' }).count()) === 5)
  await page.getByLabel('What to ask').fill('[[demo text="Rung and answered."]]')

  const answered = page.waitForResponse((response) => response.url().endsWith('/schedules') && response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Save schedule' }).click()
  const made = await (await answered).json()
  const item = schedulesOf(ana).filter({ hasText: 'Every day at 2:30 PM' })
  await item.waitFor()

  const [{ name }] = await stack.control('GET', 'schedules')
  const rung = await stack.control('POST', `schedules/${name}/fire`, { scheduledTime: new Date(made.nextRuns[0]).toISOString() })
  assert.deepEqual(rung, { ran: 'asked' })
  await item.getByRole('link').click()
  await ana.said.getByText('Rung and answered.').waitFor()
  assert.equal(await ana.reply(0), 'Rung and answered.')
  assert.ok(page.url().endsWith(`/c/${made.conversationId}`))

  await goTo(ana, 'Schedules')
  const on = item.getByRole('switch', { name: 'Every day at 2:30 PM' })
  await on.click()
  await item.getByText('Switched off: it asks nothing.').waitFor()
  await on.click()
  await item.getByText(/2:30 PM/).nth(1).waitFor()

  await item.getByRole('button', { name: /^Edit/ }).click()
  await page.getByLabel('How often').selectOption({ label: 'On days of the week' })
  for (const day of ['Tuesday', 'Wednesday', 'Thursday', 'Friday']) await page.getByRole('checkbox', { name: day }).uncheck()
  await page.getByLabel('Time zone').selectOption('America/New_York')
  await ana.until('five Mondays', async () => (await runsOf(ana).filter({ hasText: /^Mon, .* \(America\/New York\) .* for you$/ }).count()) === 5)
  await page.getByRole('button', { name: 'Save changes' }).click()
  const changed = schedulesOf(ana).filter({ hasText: 'Every Monday at 2:30 PM' })
  await changed.getByText(/America\/New York/).first().waitFor()

  await changed.getByRole('button', { name: /^Remove/ }).click()
  await page.getByRole('alertdialog', { name: 'Remove this schedule?' }).getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Have your agent do something by itself').waitFor()
  assert.deepEqual(await stack.control('GET', 'schedules'), [])
})

scenario('schedules are understood in Korean', {}, async ({ stack, newDevice }) => {
  const ana = await signIn(stack, await newDevice({ timezoneId: 'Asia/Seoul' }), 'ana')
  const { page } = ana
  await page.evaluate(() => localStorage.setItem('openclaw.language', 'ko'))
  await page.goto(`${stack.url}/agent/schedules`)
  await page.getByRole('button', { name: '새 예약' }).click()
  const when = page.getByLabel('언제, 편한 말로')
  await when.fill('내일 2시 30분')
  await page.getByText('밤 시간입니다. 낮이라면 “오후”를 붙여 주세요.').waitFor()
  await when.fill('격주 월요일 9시')
  await page.getByText('격일이나 격주는 할 수 없습니다.').waitFor()
  await when.fill('매주 월, 수, 금 오전 9시마다')
  await page.getByText('이렇게 이해했습니다: 매주 월요일, 수요일 및 금요일 오전 9:00.').waitFor()
  const runs = page.getByRole('region', { name: '다음 시간' }).getByRole('listitem')
  await ana.until('five times', async () => (await runs.filter({ hasText: '오전 9:00' }).count()) === 5)
  await page.getByRole('button', { name: '예약 저장' }).click()
  await page.getByText('에이전트에게 부탁할 내용을 적어 주세요.').waitFor()
  await page.getByLabel('부탁할 내용').fill('오늘 할 일을 알려 줘.')
  await page.getByRole('button', { name: '예약 저장' }).click()
  await page.getByRole('switch', { name: '매주 월요일, 수요일 및 금요일 오전 9:00' }).waitFor({ timeout: PATIENCE })
  const [alarm] = await stack.control('GET', 'schedules')
  assert.match(alarm.expression, /^cron\(0 9 \? \* (?:MON,WED,FRI|2,4,6) \*\)$/)
})
