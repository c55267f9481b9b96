/** One ministack of our own on a free port of loopback. It ends with this process, however that ends. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const READY_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 50

/** None where there is no Python to run it: the script has said so. */
export async function startMinistack(root: string): Promise<{ url: string; stop: () => void } | undefined> {
  const python = execFileSync(join(root, 'scripts/need-ministack'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  if (!python) return undefined
  const code = readFileSync(join(root, 'crates/platform-aws/tests/ministack/serve.py'), 'utf8')
  const child = spawn(python, ['-I', '-c', code], { env: { MINISTACK_REGION: 'us-east-1' }, stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = await once(createInterface({ input: child.stdout }), 'line')
  const url = `http://127.0.0.1:${port}`
  await untilReady(url)
  return { url, stop: () => child.stdin.end() }
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  for (;;) {
    const isReady = await fetch(`${url}/_ministack/ready`).then(({ ok }) => ok, () => false)
    if (isReady) return
    if (Date.now() > deadline) throw new Error(`ministack was not ready within ${READY_WITHIN_MS} ms`)
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
}
