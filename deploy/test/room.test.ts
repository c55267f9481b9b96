import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { deploy } from '../src/deploy/command.ts'
import type { Context } from '../src/options.ts'
import { Machine } from './machine.ts'
import { testWorld } from './world.ts'

const TASKS = 'arn:aws:ecs:us-east-1:123456789012:task-definition/openclaw:'

let machine: Machine
beforeEach(() => {
  machine = new Machine()
})
afterEach(() => machine.remove())

/** Each time of other sources, so with another image. */
async function deployed(context: Context = {}) {
  machine.tree += '.'
  const world = testWorld({ root: machine.root, programs: machine.programs, answers: machine.account.answers, context })
  world.yes = true
  world.terminal.isInteractive = false
  await deploy(world, { share: 25, newImage: false, email: 'ana@example.com' }, new Promise<never>(() => {}))
  return world
}

/** By the number of their push. */
const kept = () => [...machine.account.images.values()].map((digest) => Number.parseInt(digest.at(-1) ?? '', 16))

const releases = (of: { current: number; previous?: number; candidate?: number }) =>
  Object.assign(machine.release, Object.fromEntries(['current', 'previous', 'candidate'].map((one) => [one, of[one as keyof typeof of] ? `${TASKS}${of[one as keyof typeof of]}` : null])))

describe('a push', () => {
  test('deletes nothing while there is room', async () => {
    for (let count = 0; count < 5; count += 1) await deployed()
    assert.deepEqual(kept(), [1, 2, 3, 4, 5])
  })

  test('takes the place of the oldest that nothing starts from, however many candidates came to nothing', async () => {
    for (let count = 0; count < 9; count += 1) {
      await deployed()
      releases({ current: 1 })
    }
    assert.deepEqual(kept(), [1, 6, 7, 8, 9])
  })

  test('keeps what wake-ups start from, what there is to go back to, and the candidate', async () => {
    for (let count = 0; count < 5; count += 1) await deployed()
    releases({ current: 2, previous: 1, candidate: 3 })
    const world = await deployed()
    assert.deepEqual(kept(), [1, 2, 3, 5, 6])
    assert.match(world.terminal.text, /; 1 old one that nothing starts from made room for it/)
  })

  test('makes room for fewer when fewer are asked for', async () => {
    for (let count = 0; count < 5; count += 1) await deployed()
    releases({ current: 1 })
    await deployed({ imagesKept: '3' })
    assert.deepEqual(kept(), [1, 5, 6])
  })

  test('that would cost one in use is refused before anything is built', async () => {
    for (let count = 0; count < 3; count += 1) await deployed({ imagesKept: '3' })
    releases({ current: 2, previous: 1, candidate: 3 })
    await assert.rejects(deployed({ imagesKept: '3' }), /keeps 3 images, and releases need 3 of them.*release promote.*or set imagesKept to more/s)
    assert.deepEqual(kept(), [1, 2, 3])
  })

  test('into the repository of a deployment that was never finished asks nobody what is in use', async () => {
    machine.account.repository = true
    for (let one = 0; one < 6; one += 1) machine.account.images.set(`left-${one}`, `sha256:${one}`)
    await deployed()
    assert.equal(machine.account.images.size, 7)
  })
})
