// What a person does, and what it takes. Each of these has a stack of its own, whose settings keep
// apart what would otherwise happen at the same time.
import { launch, signIn } from '../../tests/browser/support.mjs'
import { PageWatch } from './page.mjs'
import { each, quiet, record } from './record.mjs'
import { startStack } from './stack.mjs'
import { requestsIn, unitsOf } from './units.mjs'

/** So many words, in the time a provider takes for them. */
const answer = (words) => `[[demo tokens=${words} delay=14]]`
export const LONG = 400
export const SHORT = 100
const NEVER = '86400'
const WARM = 3
const IDLE_MINUTES = 4
const LOOKS = 60
const SNAPSHOTS = 2

/** One person with one tab: opens it, wakes the agent, writes, and lets it go to sleep. */
export const aVisit = () =>
  withPerson({ schedule: 3600, task: { SNAPSHOT_EVERY_SECONDS: NEVER, IDLE_TIMEOUT_SECONDS: '90' } }, async ({ stack, watch, context, ana }) => {
    // The first life restores nothing: it is not the one to count.
    await ana.ask('How are you?')
    await stopped(stack, 'interrupt')
    const { page } = ana
    await page.goto('about:blank')
    const pageOpen = await record({ stack, watch }, async () => {
      await page.goto(stack.url)
      await ana.arrived()
    })
    const wakeUp = await record({ stack, watch }, () => ana.ask(answer(LONG)))
    const warmMessage = await record({ stack, watch, times: WARM }, async () => {
      for (let n = 0; n < WARM; n += 1) {
        await ana.ask(answer(LONG))
        if (n < WARM - 1) await quiet(stack)
      }
    })
    const stop = await record({ stack, watch }, () => gone(stack))
    const pageClose = await record({ stack, watch }, () => context.close())
    return { pageOpen, wakeUp, warmMessage, stop, pageClose }
  })

/** Shorter answers: between the two lies what an answer of any length takes. */
export const shortAnswers = () =>
  withPerson({ schedule: 3600, task: { SNAPSHOT_EVERY_SECONDS: NEVER } }, async ({ stack, watch, ana }) => {
    await ana.ask('How are you?')
    const shortMessage = await record({ stack, watch, times: WARM }, async () => {
      for (let n = 0; n < WARM; n += 1) {
        await ana.ask(answer(SHORT))
        if (n < WARM - 1) await quiet(stack)
      }
    })
    return { shortMessage }
  })

/** Snapshots of an agent that was written to just before: nothing else happens while they are counted. */
export const snapshots = () =>
  withPerson({ schedule: 3600, task: { SNAPSHOT_EVERY_SECONDS: '60', IDLE_TIMEOUT_SECONDS: '600' } }, async ({ stack, watch, ana }) => {
    await ana.ask(answer(LONG))
    const another = async () => {
      const from = stack.log.length
      await stack.until('a snapshot', async () => snapshotsIn(stack, from) > 0)
    }
    // The first makes the repository.
    await another()
    await quiet(stack)
    await ana.ask(answer(LONG))
    const snapshot = await record({ stack, watch, times: SNAPSHOTS }, async () => {
      for (let n = 0; n < SNAPSHOTS; n += 1) await another()
    })
    return { snapshot }
  })

/** A running task, a page in front of it, nobody who writes; what there is of one look of the watchdog, which looks every minute. */
export const idleMinutes = () =>
  withPerson({ schedule: 60, task: { SNAPSHOT_EVERY_SECONDS: NEVER, IDLE_TIMEOUT_SECONDS: '900' } }, async ({ stack, watch, ana }) => {
    await ana.ask('How are you?')
    // Not a wait for something: this long is what is recorded.
    const idle = () => new Promise((wake) => setTimeout(wake, IDLE_MINUTES * 60_000))
    const recorded = await record({ stack, watch }, idle)
    return { idleMinute: each(recorded, recorded.calls['ecs:ListTasks']) }
  })

/** The watchdog alone, as often as in an hour. */
export async function anHourAsleep() {
  const stack = await startStack({ schedule: 1 })
  try {
    const from = stack.log.length
    await stack.control('DELETE', 'counters')
    const enough = async () => ((await stack.counters())['ecs:ListTasks'] ?? 0) >= LOOKS
    await stack.until('the looks of an hour', enough)
    const calls = await stack.counters()
    const sweeps = calls['ecs:ListTasks']
    const asked = requestsIn(stack.log.slice(from))
    // The last look may be under way.
    return { watchdogSweep: each({ calls, units: unitsOf(asked, new Map()) }, sweeps) }
  } finally {
    await stack.end()
  }
}

/** From the operator's list, in a private chat. */
export async function chat() {
  const task = { SNAPSHOT_EVERY_SECONDS: NEVER, TELEGRAM_ALLOWED_IDS: '100' }
  const stack = await startStack({ schedule: 3600, task })
  try {
    await said(stack, 'first')
    return { telegramMessage: await record({ stack }, () => said(stack, 'again')) }
  } finally {
    await stack.end()
  }
}

async function said(stack, word) {
  const directive = `[[demo text="${'word '.repeat(399)}${word}" chunk=5 delay=14]]`
  await stack.control('POST', 'telegram/chats/100/messages', { from: { id: 100, first_name: 'Ana' }, text: directive })
  await stack.until(`the reply "${word}"`, async () => {
    const { messages } = await stack.control('GET', 'telegram/chats/100')
    return messages.some(({ from, text }) => from.is_bot && text?.trim().endsWith(word))
  })
}

async function withPerson(settings, run) {
  const stack = await startStack(settings)
  const browser = await launch()
  try {
    const watch = new PageWatch()
    const context = watch.over(await browser.newContext(), stack)
    const ana = await signIn(stack, context, 'ana')
    return await run({ stack, watch, context, ana })
  } finally {
    await browser.close()
    await stack.end()
  }
}

async function stopped(stack, how) {
  const { id } = await stack.liveTask()
  await stack.control('POST', `tasks/${id}/${how}`)
  await gone(stack)
}

const gone = (stack) => stack.until('the end of the task', async () => !(await stack.liveTask()))

const snapshotsIn = (stack, from) =>
  stack.log.slice(from).filter((line) => /request body operation="?TransactWriteItems/.test(line) && /"SK":\{"S":"SNAPSHOT#/.test(line)).length
