import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Interrupted } from '../src/errors.ts'
import { CommandFailed, CommandMissing, RealShell } from '../src/shell.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const node = (code: string) => [process.execPath, '-e', code]

describe('another program', () => {
  const shell = new RealShell()
  test('answers, and gets what is secret by standard input or environment', async () => {
    const said = await shell.read(node('process.stdin.on("data", (d) => console.log(process.env.X + d))'), { input: 'in', env: { X: 'env-' } })
    assert.equal(said.trim(), 'env-in')
  })
  test('that fails is told with its last words', () =>
    assert.rejects(shell.read(node('console.error("no space left"); process.exit(3)')), (error: Error) => {
      assert.ok(error instanceof CommandFailed)
      assert.equal(error.code, 3)
      assert.match(error.message, /ended with 3:\nno space left/)
      return true
    }))
  test('that is not there is told by its name', () => assert.rejects(shell.read(['no-such-program']), CommandMissing))
  test('that a signal ended was interrupted', () => assert.rejects(shell.read(node('process.kill(process.pid, "SIGINT")')), Interrupted))
  test('counts as work while it runs', async () => {
    const running = shell.read(node('setTimeout(() => {}, 50)'))
    assert.ok(shell.isBusy)
    await running
    assert.ok(!shell.isBusy)
  })
})

/** A deploy of one step, in a process group of its own as at a terminal. */
const DEPLOY = `
import { inSteps } from './src/deploy/steps.ts'
import { Interrupted } from './src/errors.ts'
import { RealShell } from './src/shell.ts'
const shell = new RealShell()
process.on('SIGINT', () => {})
const run = () => shell.run([process.execPath, '-e', 'console.log(process.pid); setInterval(() => {}, 1000)'])
const terminal = { say: (line) => console.log(line) }
const course = { terminal, again: 'make deploy', now: () => new Date(), stopped: new Promise(() => {}) }
inSteps([{ title: 'Work', usually: 'long', left: 'half of it.', run: () => run() }], course).catch((error) => {
  console.log(error.message)
  process.exit(error instanceof Interrupted ? 130 : 1)
})`

test("Ctrl-C ends what runs, and the deploy says what is left", async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', DEPLOY], { cwd: `${HERE}/..`, detached: true })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  while (!/^\d+$/m.test(said)) await once(child.stdout, 'data')
  const worker = Number(/^(\d+)$/m.exec(said)?.[1])
  process.kill(-(child.pid ?? 0), 'SIGINT')
  const [code] = await once(child, 'close')
  assert.equal(code, 130, said)
  assert.match(said, /Stopped in step \[1\/1\] Work\.\nWhat there is now: half of it\.\nTo go on: make deploy\./)
  assert.throws(() => process.kill(worker, 0), /ESRCH/)
})
