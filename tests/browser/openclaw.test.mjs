// The same path with nothing scripted: the real OpenClaw gateway, answered by the demo model.
import assert from 'node:assert/strict'
import { scenario, withoutOpenClaw } from './support.mjs'

scenario('the real OpenClaw wakes, and its answer streams in', { real: true, skip: withoutOpenClaw }, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await page.getByText('Answers come from the built-in demo model').waitFor()

  await ana.say('What are you?')
  await ana.waking.waitFor()
  await ana.waking.locator('[aria-current="step"]', { hasText: 'Starting the gateway' }).waitFor()
  await page.getByText('Your message is saved and will be answered first.').waitFor()

  await ana.streaming()
  const answer = await ana.reply()
  assert.match(answer, /Serverless OpenClaw/)
  assert.match(answer, /demo model/)
  assert.equal(await ana.waking.count(), 0)
  assert.equal(await ana.trouble.count(), 0)
})

scenario('a file lies in the workspace before the agent reads of it', { real: true, skip: withoutOpenClaw }, async ({ newPerson }) => {
  const ana = await newPerson()
  await ana.attach({ name: 'secret plan.txt', text: 'the owl flies at midnight' })
  // The agent's first step reads it: it was there before the model was asked.
  await ana.say(`[[demo tool=exec args='{"command":"cat uploads/*/secret*"}']]`)
  assert.match(await ana.reply(), /the owl flies at midnight/)
  await ana.said.nth(0).getByText('secret plan.txt').waitFor()
})
