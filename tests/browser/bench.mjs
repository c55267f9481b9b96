// How the page feels, in numbers: what it weighs, how long the first word takes, and how 2,000 messages scroll.
//
//   node bench.mjs [--messages 2000] [--json]
//
// Nothing is judged here; frames depend on the machine. A frame is late when it comes more than 16.7 ms after the one before.
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { seed } from './seed.mjs'
import { launch, Person, signIn, startStack } from './support.mjs'

const { values } = parseArgs({ options: { messages: { type: 'string', default: '2000' }, json: { type: 'boolean', default: false } } })
const pairs = Math.round(Number(values.messages) / 2)
const SENTENCE = 'A few words more, as they come in any answer that is worth reading to its end. '
const ANSWERS = [
  (n) => `Answer ${n}. ${SENTENCE.repeat(1 + (n % 5))}`,
  (n) => `Answer ${n}:\n\n- ${SENTENCE}\n- **${SENTENCE}**\n- [a link](https://example.com/)`,
  (n) => `Answer ${n}:\n\n\`\`\`js\nconst answer = ${n}\nfunction say(words) {\n  return words.join(' ')\n}\n\`\`\``,
  (n) => `Answer ${n}:\n\n| a | b | c |\n|---|---|---|\n| 1 | 2 | ${n} |\n| 4 | 5 | 6 |\n\n${SENTENCE}`,
]
const words = (n) => ({ question: `Question ${n}. ${n % 3 === 0 ? SENTENCE : ''}`, answer: ANSWERS[n % ANSWERS.length](n) })

const report = {}
const stack = await startStack()
const browser = await launch()
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const ana = await signIn(stack, context, 'ana')
  report.firstToken = { asleep: await firstToken(ana), awake: await firstToken(await opened(context, ana)) }
  report.bytes = await transferred(await browser.newContext({ storageState: await context.storageState(), serviceWorkers: 'block' }))
  await seed(stack, pairs, words)
  const reader = await opened(context, ana)
  await readBack(reader)
  report.messages = await reader.page.getByRole('article').count()
  report.scroll = await frames(reader.page, scrollThrough)
  await reader.page.getByRole('button', { name: 'Jump to latest' }).click({ timeout: 2000 }).catch(() => null)
  await reader.say('[[demo tokens=300 delay=10]]')
  await reader.streaming(1)
  report.stream = await frames(reader.page, untilQuiet)
} finally {
  await browser.close()
  await stack.stop()
  await stack.end()
}
console.log(values.json ? JSON.stringify(report, null, 2) : asText(report))

async function opened(context, { page }) {
  const next = await context.newPage()
  await next.goto(page.url())
  await page.close()
  return new Person(next).arrived()
}

/** From asking for the page, with the person signed in already and quick, to the first letter of an answer. */
async function firstToken(person) {
  const { page } = person
  const before = await person.replies.count()
  const start = performance.now()
  await page.reload()
  await person.arrived()
  await person.say('[[demo text="first words of an answer" chunk=2 delay=50]]')
  await page.waitForFunction(
    (count) => [...document.querySelectorAll('article[data-message-id]')].slice(count).some((article) => article.textContent.trim() !== ''),
    before,
  )
  return Math.round(performance.now() - start)
}

/** With nothing cached: to the message box, and then to the first answer in sight. As a CDN sends it, which the stack does not: compressed. */
async function transferred(context) {
  const page = await context.newPage()
  // Signing in opens the page twice, and the second time from the cache.
  const sizes = new Map()
  page.on('response', (response) => sizes.set(response.url().replace(/\?.*/, ''), response.body().then((body) => gzipSync(body).length, () => 0)))
  const sum = async () => (await Promise.all(sizes.values())).reduce((total, size) => total + size, 0)
  await page.goto(stack.url)
  const person = await new Person(page).arrived()
  const toTheBox = await sum()
  await person.reply(0)
  await page.waitForLoadState('networkidle')
  const toTheFirstAnswer = await sum()
  await context.close()
  return { toTheBox, toTheFirstAnswer }
}

/** Page after page, as long as there is another. */
async function readBack(person) {
  const { page } = person
  const first = person.said.filter({ hasText: 'Question 0.' })
  const pane = page.getByRole('region', { name: 'Conversation', exact: true })
  while ((await first.count()) === 0) {
    const before = await person.said.count()
    await pane.evaluate((element) => element.scrollTo({ top: 0, behavior: 'instant' }))
    await person.until('another page', async () => (await person.said.count()) > before)
  }
}

/** Counts frames and long tasks while something goes on in the page. */
async function frames(page, what) {
  await page.evaluate(() => {
    globalThis.seen = { times: [], long: [] }
    globalThis.observer = new PerformanceObserver((list) => globalThis.seen.long.push(...list.getEntries().map(({ duration }) => duration)))
    globalThis.observer.observe({ type: 'longtask' })
    const tick = (time) => {
      globalThis.seen?.times.push(time)
      globalThis.ticking = requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  })
  await page.evaluate(what)
  const { times, long } = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.ticking)
    globalThis.observer.disconnect()
    return globalThis.seen
  })
  const gaps = times.slice(1).map((time, index) => time - times[index])
  const sorted = gaps.toSorted((a, b) => a - b)
  const at = (share) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1))
  return {
    frames: gaps.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    // Timestamps are rounded: a frame of 16.7 may be told as 16.8.
    late: Number((gaps.filter((gap) => gap > 17.5).length / Math.max(gaps.length, 1)).toFixed(4)),
    longTasks: long.length,
    longest: Math.round(Math.max(0, ...long)),
  }
}

/** A hurried reader: from the beginning to the end at 6,000 pixels a second. */
async function scrollThrough() {
  const pane = document.querySelector('[data-pane]')
  pane.scrollTop = 0
  while (pane.scrollTop + pane.clientHeight < pane.scrollHeight - 1) {
    await new Promise(requestAnimationFrame)
    pane.scrollTop += 100
  }
}

async function untilQuiet() {
  while (document.querySelector('article[aria-busy="true"]')) await new Promise(requestAnimationFrame)
}

function asText({ firstToken: { asleep, awake }, bytes, messages, scroll, stream }) {
  const kb = (count) => `${(count / 1024).toFixed(0)} KB`
  const line = ({ frames: count, p50, p95, p99, late, longTasks, longest }) =>
    `${count} frames, p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, ${(late * 100).toFixed(1)} % late, ${longTasks} long tasks (longest ${longest} ms)`
  return [
    `first word after opening   ${asleep} ms asleep, ${awake} ms awake`,
    `transferred, compressed    ${kb(bytes.toTheBox)} to the message box, ${kb(bytes.toTheFirstAnswer)} to the first answer`,
    `scrolling ${messages} messages    ${line(scroll)}`,
    `a reply below them         ${line(stream)}`,
  ].join('\n')
}
