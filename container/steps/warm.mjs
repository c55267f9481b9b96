// Starts OpenClaw, has it answer one message with one tool, and stops it: Node then writes what it
// compiled on the way to NODE_COMPILE_CACHE. Nothing else is kept.
import { once } from 'node:events'

import { ask, connected, startGateway, startModel } from './gateway.mjs'

const WITHIN_MS = 300_000
const { NODE_COMPILE_CACHE } = process.env

// As the bridge says it; else the launcher uses a folder of its own below the cache.
const gateway = startGateway(process.argv[2], await startModel(), { NODE_COMPILE_CACHE, OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: '1' })
const ended = once(gateway, 'exit').then(([code]) => code)

function fail(why) {
  console.error(`The compile cache was not made: ${why}.`)
  process.kill(-gateway.pid, 'SIGKILL')
  process.exit(1)
}

setTimeout(() => fail(`there was no answer within ${WITHIN_MS} ms`), WITHIN_MS).unref()
ended.then(() => fail('the gateway ended by itself'))

const { state } = await ask(await connected(), 'hello')
if (state !== 'final') fail(`its message ended as ${state}`)

gateway.removeAllListeners('exit')
const stopped = once(gateway, 'exit')
gateway.kill('SIGTERM')
const [code] = await stopped
if (code !== 0) fail(`the gateway ended with ${code}`)
process.exit(0)
