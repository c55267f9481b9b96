// The main path in a browser: sign in, wake the agent, talk, come back.
import assert from 'node:assert/strict'
import { ask, scenario, signIn } from './support.mjs'

const SENTENCE = 'The quick brown fox jumps over the lazy dog and then sleeps in the warm sun until the evening comes.'

scenario('the first message wakes the agent and its reply streams in', {}, async ({ stack, newPerson }) => {
  await stack.control('PUT', 'faults', { provisioningDelayMs: 1500 })
  const ana = await newPerson()
  await ana.page.getByText('Your agent is asleep.').waitFor()
  assert.deepEqual(await stack.tasks(), [])

  await ana.say(`[[demo text="${SENTENCE}" chunk=4 delay=40]]`)
  await ana.waking.waitFor()
  await ana.waking.getByText('Finding a machine').waitFor()
  await ana.waking.getByRole('progressbar').waitFor()

  const half = await ana.streaming(8)
  assert.ok(SENTENCE.startsWith(half) && half.length < SENTENCE.length, `it came in one piece: ${half}`)
  assert.equal(await ana.reply(), SENTENCE)
  assert.equal(await ana.waking.count(), 0)
  await ana.page.getByText('Agent status: Ready').waitFor()
})

scenario('a second message needs no new task', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson()
  await ana.ask('[[demo text="one"]]')
  const [task] = await stack.tasks()
  assert.equal(await ana.ask('[[demo text="two"]]'), 'two')
  const after = await stack.tasks()
  assert.deepEqual(after.map(({ id, pid, status }) => ({ id, pid, status })), [
    { id: task.id, pid: task.pid, status: 'RUNNING' },
  ])
})

scenario('a reload keeps the person, the page and the conversation', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await ana.ask('[[demo text="remember **this**"]]')
  await ana.ask('[[demo text="and that"]]')
  const { page } = ana
  await page.reload()
  await ana.arrived()
  await ana.replies.nth(0).getByText('remember this').waitFor()
  assert.equal(await ana.reply(1), 'and that')
  assert.equal(await ana.said.count(), 2)
  assert.equal(new URL(page.url()).pathname, '/c/default')
})

scenario('a reload after the issuer forgot the person shows the front door', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await page.context().clearCookies()
  await page.reload()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.equal(await page.getByRole('alert').count(), 0)
})

scenario('the server is told the time zone of the browser, once', {}, async ({ stack, newDevice }) => {
  const device = await newDevice({ timezoneId: 'Asia/Seoul' })
  const settings = (method) => (response) => response.url().endsWith('/settings/timeZone') && response.request().method() === method
  const told = device.waitForEvent('response', settings('PUT'))
  const { page } = await signIn(stack, device, 'ana')
  const chosen = { key: 'timeZone', value: 'Asia/Seoul', chosen: true }
  assert.deepEqual(await (await told).json(), chosen)

  const methods = []
  device.on('request', (request) => request.url().endsWith('/settings/timeZone') && methods.push(request.method()))
  const read = page.waitForResponse(settings('GET'))
  await page.reload()
  assert.deepEqual(await (await read).json(), chosen)
  await page.getByText('Agent status: Asleep').waitFor()
  assert.deepEqual(methods, ['GET'])
})

scenario('a second tab sees the same conversation live', {}, async ({ newPerson }) => {
  const left = await newPerson()
  await left.ask('[[demo text="before"]]')
  const right = await left.anotherTab()
  assert.equal(await right.reply(0), 'before')

  await left.say(`[[demo text="${SENTENCE}" chunk=4 delay=40]]`)
  const half = await right.streaming(4)
  assert.ok(SENTENCE.startsWith(half), half)
  assert.equal(await right.reply(1), SENTENCE)
  assert.match(await right.said.nth(1).innerText(), /quick brown fox/)

  await right.say('[[demo text="from the right"]]')
  assert.equal(await left.reply(2), 'from the right')
})

scenario('a message too long for a frame shows on the other tab as well', {}, async ({ newPerson }) => {
  const left = await newPerson()
  await left.ask('[[demo text="before"]]')
  const right = await left.anotherTab()
  await left.say(`[[demo text="seen"]] ${'long '.repeat(12_000)}`)
  assert.equal(await right.reply(1), 'seen')
  await right.until('the long message', async () => (await right.said.count()) === 2)
  assert.ok((await right.said.nth(1).innerText()).length > 50_000)
})

scenario('people do not see each other', {}, async ({ stack, newPerson }) => {
  const ana = await newPerson('ana')
  const ben = await newPerson('ben')
  await ana.ask('[[demo text="for ana"]]')
  assert.equal(await ben.ask('[[demo text="for ben"]]'), 'for ben')
  assert.equal(await ben.replies.count(), 1)
  assert.equal(await ana.replies.count(), 1)
  assert.equal(new Set((await stack.tasks()).map((task) => task.user)).size, 2)
})

scenario('stop ends a reply where it is, and the next message works', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  await ana.say('[[demo tokens=2000 delay=30]]')
  const seen = await ana.streaming(20)
  await ana.stop.click()
  await ana.page.getByText('You stopped this reply.').waitFor()
  const kept = await ana.reply(0)
  assert.ok(kept.startsWith(seen.slice(0, 20)), kept)
  assert.equal(await ana.stop.count(), 0)
  assert.equal(await ana.ask('[[demo text="still here"]]'), 'still here')
})

scenario('Korean, emoji and right-to-left text are shown as written', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const text = '안녕하세요 👩‍👩‍👧‍👦🇰🇷 — naïve 𝕏'
  const arabic = 'مرحبا بالعالم'
  assert.equal(await ana.ask(`[[demo text="${text}" chunk=1 delay=1]]`), text)
  assert.equal(await ana.ask(`[[demo text="${arabic}" chunk=1 delay=1]]`), arabic)
  const direction = (locator) => locator.evaluate((element) => getComputedStyle(element).direction)
  assert.equal(await direction(ana.replies.nth(0).getByText(text)), 'ltr')
  assert.equal(await direction(ana.replies.nth(1).getByText(arabic)), 'rtl')
  assert.match(await ana.said.nth(0).innerText(), new RegExp(text, 'u'))
})

scenario('a reply of 200 KB is shown whole', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.say('[[demo bytes=200000]]')
  await ana.reply()
  const shown = await ana.replies.first().textContent()
  assert.ok(shown.length > 190_000, `${shown.length} characters`)
  await page.reload()
  await ana.arrived()
  await ana.reply()
  assert.equal(await ana.replies.first().textContent(), shown)
})

scenario('127 KB pasted goes over REST, 129 KB is refused in words', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const pasted = (bytes) => '[[demo text="got it"]] '.padEnd(bytes, 'x')
  await ana.say(pasted(129 * 1024))
  await page.getByText('This message is too long: 129 KB of at most 128 KB.').waitFor()
  assert.equal(await ana.said.count(), 0)

  const posted = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/conversations/default/messages'))
  await ana.say(pasted(127 * 1024))
  assert.equal((await posted).postDataJSON().message.length, 127 * 1024)
  assert.equal(await ana.reply(), 'got it')
})

scenario('markdown is rendered and HTML of a reply is only text', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const reply = [
    '# Plan',
    '| a | b |\n|---|---|\n| 1 | 2 |',
    '<img src=x onerror=alert(1)>',
    '[bad](javascript:alert(1)) [good](https://example.com/)',
  ]
  await ana.ask(`[[demo text="${reply.join('\n\n')}" chunk=5 delay=2]]`)
  const shown = ana.replies.first()
  await shown.getByRole('heading', { name: 'Plan' }).waitFor()
  assert.equal(await shown.getByRole('cell').count(), 2)
  assert.equal(await shown.locator('img').count(), 0)
  assert.match(await shown.innerText(), /<img src=x onerror=alert\(1\)>/)
  assert.equal(await shown.getByRole('link').count(), 1)
})

scenario('signing out shows the front door, and somebody else may come in', {}, async ({ stack, newPerson }) => {
  await ask(stack, 'ben', 'PUT', '/settings/wakeOnOpen', { value: false })
  const ana = await newPerson('ana')
  const { page } = ana
  await ana.ask('[[demo text="private"]]')
  await ana.account('Sign out')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Name').fill('ben')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Your agent is asleep.').waitFor()
  assert.equal(await page.getByText('private').count(), 0)
})

scenario('formulas are set while a reply is written, money stays money, and a broken one is shown as it was written', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  const chunks = []
  page.on('request', (request) => request.url().includes('shape') && chunks.push(request.url()))
  await ana.ask('[[demo text="It costs $5 and not $10."]]')
  assert.deepEqual(chunks, [])

  const reply = [
    'So $x^2$ and \\(\\sqrt{y}\\) for $5.',
    '$$\n\\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$',
    '\\[ \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix} \\]',
    'Broken: $\\frac{1$ and \\(\\nosuch{1}\\), hostile: \\(\\href{javascript:alert(1)}{y}\\) and \\(\\fcolorbox{red}{blue}{x} \\pmb{z}\\).',
  ]
  const broken = /ParseError|KaTeX|Expected/
  await ana.say(`[[demo text="${reply.join('\n\n')}" chunk=3 delay=10]]`)
  await ana.streaming(40)
  await ana.until('no error while it is written', async () => {
    assert.doesNotMatch(await ana.replies.nth(1).innerText(), broken)
    return (await ana.replies.nth(1).getAttribute('aria-busy')) === 'false'
  })
  const shown = ana.replies.nth(1)
  await ana.until('all formulas', async () => (await shown.locator('math').count()) === 5)
  assert.equal(await shown.locator('math[display="block"]').count(), 2)
  assert.equal(await shown.locator('math a, math [style]').count(), 0)
  const words = await shown.innerText()
  assert.match(words, /for \$5\./)
  assert.match(words, /Broken: \\frac\{1 and \\nosuch\{1\}/)
})
