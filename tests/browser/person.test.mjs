// What a person links, chooses, takes along and leaves behind.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { visit } from './addresses.mjs'
import { scenario, signIn } from './support.mjs'
import { unzip } from './zip.mjs'

/** Ana's private chat with the bot. */
const CHAT = 'telegram/chats/100'

const writeToBot = (stack, text) => stack.control('POST', `${CHAT}/messages`, { from: { id: 100, first_name: 'Ana' }, text })

const botSaid = async (stack) => (await stack.control('GET', CHAT)).messages.filter(({ from }) => from.is_bot).map(({ text }) => text)

const theCode = (page) => page.getByRole('group', { name: 'Your code' })

async function getCode({ page }) {
  await page.getByRole('button', { name: 'Get a code' }).click()
  return codeOf(page)
}

const codeOf = async (page) => (await theCode(page).innerText()).match(/^\d{6}/)[0]

async function linked(stack, ana) {
  await visit(ana.page, '/agent/telegram')
  await writeToBot(stack, `/link ${await getCode(ana)}`)
  await ana.page.getByRole('heading', { name: 'Your Telegram account is linked' }).waitFor()
}

const choice = (page, name) => page.getByRole('radio', { name })

scenario('a code sent to the bot links the account, and the page notices by itself', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await visit(page, '/agent/telegram')
  const code = await getCode(ana)
  assert.equal(await theCode(page).evaluate((group) => group === document.activeElement), true)
  await page.getByRole('img', { name: 'QR code that opens @openclaw_local_bot' }).waitFor()
  assert.equal(await page.getByRole('link', { name: 'Open Telegram' }).getAttribute('href'), `https://t.me/openclaw_local_bot?start=${code}`)
  assert.match(await page.getByRole('timer').innerText(), /^Good for [45]:\d\d more$/)

  await writeToBot(stack, `/link ${code}`)
  await page.getByRole('heading', { name: 'Your Telegram account is linked' }).waitFor()
  await page.getByRole('dialog', { name: 'Linked with Ana.' }).waitFor()
  await page.getByText('Telegram number 100').waitFor()
  // What this chat is shown is chosen here as well as among the preferences.
  const isShownAtOnce = (radio) => {
    radio.click()
    return radio.checked
  }
  assert.ok(await choice(page, 'Replies and schedules').evaluate(isShownAtOnce))
  await page.getByText('It counts within a minute.').first().waitFor()
  await visit(page, '/settings')
  assert.equal(await choice(page, 'Replies and schedules').isChecked(), true)
})

scenario('a wrong code links nobody, an expired one says so, and a new one works', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await visit(page, '/agent/telegram')
  const first = await getCode(ana)
  await writeToBot(stack, `/link ${first === '000000' ? '000001' : '000000'}`)
  await ana.until('what the bot says to a wrong code', async () => (await botSaid(stack)).some((text) => text.includes('not good')))
  assert.equal(await codeOf(page), first)

  await page.clock.install()
  await page.clock.fastForward('05:01')
  await page.getByText('This code has expired, and nobody can use it any more.').waitFor()
  assert.equal(await page.getByRole('img').count(), 0)
  await page.clock.setSystemTime(Date.now())
  await page.getByRole('button', { name: 'Get another code' }).click()
  const second = await ana.until('another code', async () => {
    const code = await codeOf(page)
    return code !== first && code
  })
  await writeToBot(stack, `/link ${second}`)
  await page.getByRole('heading', { name: 'Your Telegram account is linked' }).waitFor()
})

scenario('unlinking is confirmed in words, and loses nothing that was said', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="said here"]]')
  await linked(stack, ana)
  await page.getByRole('button', { name: 'Unlink…' }).click()
  const question = page.getByRole('alertdialog', { name: 'Unlink Ana?' })
  await question.getByText('Nothing that was said is lost.').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Unlink…' }).click()
  await question.getByRole('button', { name: 'Unlink' }).click()
  await page.getByRole('button', { name: 'Get a code' }).waitFor()

  const before = (await botSaid(stack)).length
  await writeToBot(stack, '/status')
  await ana.until('the bot knowing her no more', async () => (await botSaid(stack)).slice(before).some((text) => text.includes('people I know')))
  await visit(page, '/c/default')
  assert.equal(await ana.reply(), 'said here')
})

scenario('the page speaks Korean after a reload, and what was begun is kept', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.field.fill('half a thought')
  await visit(page, '/settings')
  await page.getByRole('textbox', { name: 'Instructions' }).fill('Be brief.')
  await choice(page, '한국어').check()
  await page.getByText('What you have begun to write stays.').waitFor()
  await page.getByRole('button', { name: 'Reload in Korean' }).click()

  await page.getByRole('heading', { name: '설정', level: 1 }).waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'ko')
  assert.equal(await page.getByRole('textbox', { name: '지침' }).inputValue(), 'Be brief.')
  await visit(page, '/c/default')
  assert.equal(await page.getByRole('textbox', { name: '메시지' }).inputValue(), 'half a thought')

  await visit(page, '/settings')
  await choice(page, '브라우저 설정에 따름').check()
  await page.getByRole('button', { name: '영어로 다시 불러오기' }).click()
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
})

const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const [DAY, NIGHT] = ['rgb(250, 246, 239)', 'rgb(27, 23, 20)']

// A service worker would bring the page's files past what holds them back here.
const withoutWorker = { complaints: /blocked by Playwright/ }
scenario('who chose the night has it at once, in the other tab, and before anything is painted', withoutWorker, async ({ stack, newDevice }) => {
  const ana = await signIn(stack, await newDevice({ serviceWorkers: 'block' }), 'ana')
  const { page } = ana
  await page.emulateMedia({ colorScheme: 'light' })
  const other = await page.context().newPage()
  await other.emulateMedia({ colorScheme: 'light' })
  await other.goto(page.url())
  await other.getByRole('main').waitFor()
  await visit(page, '/settings')
  assert.equal(await paper(page), DAY)
  await choice(page, 'Dark').check()
  assert.equal(await paper(page), NIGHT)
  await ana.until('the night in the other tab', async () => (await paper(other)) === NIGHT)

  let letGo
  const held = new Promise((resolve) => (letGo = resolve))
  await page.route('**/assets/page-*.js', (route) => held.then(() => route.continue()))
  const reloaded = page.reload()
  await page.getByText('Opening…').waitFor()
  assert.equal(await paper(page), NIGHT)
  letGo()
  await reloaded
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
  await choice(page, 'As the system').check()
  assert.equal(await paper(page), DAY)
})

scenario('instructions are counted in bytes, saved on purpose, and seen on another device', {}, async ({ stack, newDevice, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await visit(page, '/settings')
  const instructions = page.getByRole('textbox', { name: 'Instructions' })
  const save = page.getByRole('button', { name: 'Save', exact: true }).first()
  await instructions.fill('é'.repeat(4097))
  await page.getByText('8,194 of 8,192 bytes').waitFor()
  await page.getByRole('alert').getByText('2 bytes too long').waitFor()
  assert.equal(await save.getAttribute('aria-disabled'), 'true')

  await instructions.fill('Say ahoy.')
  await save.click()
  await page.getByRole('dialog', { name: 'Saved. It counts from your agent’s next wake.' }).waitFor()
  const device = await newDevice()
  const phone = await signIn(stack, device, 'ana')
  await visit(phone.page, '/settings')
  const there = phone.page.getByRole('textbox', { name: 'Instructions' })
  assert.equal(await there.inputValue(), 'Say ahoy.')

  await page.getByRole('button', { name: 'Use the default: Instructions' }).click()
  await phone.until('the change made on the other device', async () => (await there.inputValue()) === '')
})

scenario('times out of bounds are refused beside the field, and good ones kept', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await visit(page, '/settings')
  const times = page.getByRole('group', { name: 'How long it stays awake without a message' })
  const [seldom, always] = ['When you are seldom here', 'When you nearly always are'].map((name) => times.getByRole('spinbutton', { name }))
  await seldom.fill('0')
  await times.getByText('Whole minutes from 1 to').waitFor()
  await seldom.fill('4')
  await always.fill('3')
  await times.getByText('The first must not be longer than the second.').waitFor()
  await always.fill('9')
  await times.getByRole('button', { name: 'Save' }).click()
  // What was chosen is on screen before it is stored: a reload then would take the request along.
  await page.getByRole('dialog', { name: /^Saved\./ }).waitFor()
  await page.reload()
  // The way back in leads by the issuer: until the page is there, every look may be cut off.
  await seldom.waitFor()
  await ana.until('the times after a reload', async () => (await seldom.inputValue()) === '4')
  assert.equal(await always.inputValue(), '9')
})

scenario('a choice that could not be saved is taken back, and says why', { complaints: /503/ }, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await visit(page, '/settings')
  const language = page.getByRole('combobox', { name: 'Language of its answers' })
  await language.waitFor()
  await stack.control('PUT', 'faults', { errorRate: { 'dynamodb:PutItem': 1, 'dynamodb:UpdateItem': 1 } })
  await language.selectOption('ko')
  await page.getByRole('alert').getByText('Something went wrong on our side.').waitFor()
  assert.equal(await language.inputValue(), '')
  await stack.control('PUT', 'faults', {})
  await language.selectOption('ko')
  await page.getByRole('dialog', { name: /^Saved\./ }).waitFor()
  assert.equal(await page.getByRole('alert').count(), 0)
})

scenario('an export is a zip with the conversation in it', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="worth keeping"]]')
  await visit(page, '/settings/data')
  await page.getByRole('button', { name: 'Make an export' }).click()
  const link = page.getByRole('link', { name: /^Download \(/ })
  await link.waitFor()
  await page.getByRole('listitem').filter({ hasText: 'conversations/' }).getByText('2 files').waitFor()
  await page.getByText('The link works until').waitFor()
  const download = page.waitForEvent('download')
  await link.click()
  const files = unzip(await readFile(await (await download).path()))
  assert.match(files.get('conversations/default.md').toString(), /worth keeping/)
  assert.match(files.get('README.txt').toString(), /What is not in here/)
})

/** What a browser says of a person whose everything is being deleted; and the watchdog ends it soon after it may. */
const leaving = { complaints: /410|WebSocket connection to/, schedule: 5 }

scenario('who deletes everything gets a receipt, is signed out, and may begin anew', leaving, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await visit(page, '/settings')
  await page.getByRole('textbox', { name: 'Instructions' }).fill('Say ahoy.')
  await page.getByRole('button', { name: 'Save', exact: true }).first().click()
  await page.getByRole('dialog', { name: /^Saved\./ }).waitFor()
  await visit(page, '/settings/data')
  await page.getByRole('button', { name: 'Delete everything…' }).click()
  const question = page.getByRole('dialog', { name: 'Delete everything?' })
  const [phrase, deed] = [question.getByRole('textbox'), question.getByRole('button', { name: 'Delete everything' })]
  await phrase.fill('delete every')
  assert.equal(await deed.getAttribute('aria-disabled'), 'true')
  await phrase.press('Enter')
  await phrase.fill('delete everything')
  await deed.click()

  await page.getByRole('heading', { name: 'Everything of yours was deleted', level: 1 }).waitFor()
  await page.waitForURL((url) => url.pathname === '/')
  await page.getByText('Settings, schedules, usage and lists').waitFor()
  await page.getByText('You may begin anew from about').waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as JSON' }).click()
  const receipt = JSON.parse(await readFile(await (await download).path(), 'utf8'))
  assert.equal(receipt.state, 'closing')
  assert.ok(receipt.deleted.settings >= 1, JSON.stringify(receipt))
  await page.getByRole('button', { name: 'Put it away' }).click()
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), [])

  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Name').fill('ana')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await ana.arrived()
  assert.equal(await ana.ask('[[demo text="hello again"]]'), 'hello again')
  await visit(page, '/settings')
  const instructions = page.getByRole('textbox', { name: 'Instructions' })
  await instructions.waitFor()
  assert.equal(await instructions.inputValue(), '')
})
