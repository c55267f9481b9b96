// How long the gateway takes until it is ready and until its first answer, with each way of
// having compiled code: `node measure.mjs RUNS`, inside the image's root, as the agent.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'

import { ask, connected, startGateway, startModel } from '/image/steps/gateway.mjs'

const runs = Number(process.argv[2] ?? 7)
const baked = process.env.NODE_COMPILE_CACHE
const ways = {
  'baked, as in the image': { NODE_COMPILE_CACHE: baked, OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: '1' },
  'nothing: OpenClaw makes its own cache': {},
}
const TICKS_PER_SECOND = 100

/** CPU seconds of a process group, its buried children included. */
function cpu(group) {
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
      if (Number(fields[2]) === group) ticks += fields.slice(11, 15).reduce((sum, n) => sum + Number(n), 0)
    } catch { /* it is gone */ }
  }
  return ticks / TICKS_PER_SECOND
}

async function measured(environment, model) {
  const dir = mkdtempSync('/tmp/measure-')
  const started = performance.now()
  const gateway = startGateway(dir, model, environment, 'ignore')
  const socket = await connected()
  const ready = performance.now() - started
  const used = cpu(gateway.pid)
  const first = await ask(socket, 'first')
  const second = await ask(socket, 'second')
  if (first.state !== 'final' || second.state !== 'final') throw new Error(`the answers ended as ${first.state}, ${second.state}`)
  const stopping = performance.now()
  gateway.kill('SIGTERM')
  await once(gateway, 'exit')
  const stop = performance.now() - stopping
  rmSync(dir, { recursive: true, force: true })
  return { ready, cpu: used * 1000, first: first.after, second: second.after, stop }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const model = await startModel()
const results = Object.fromEntries(Object.keys(ways).map((way) => [way, []]))
// In turns, so that a busy minute is everybody's.
for (let run = 0; run < runs; run++) {
  for (const [way, environment] of Object.entries(ways)) {
    const one = await measured(environment, model)
    results[way].push(one)
    console.error(`${run + 1}/${runs} ${way}: ready after ${Math.round(one.ready)} ms, CPU ${one.cpu} ms`)
  }
}

console.log('| compiled code | until ready (fastest) | CPU until then | first answer, with a tool | second | stop |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const [way, all] of Object.entries(results)) {
  const of = (name) => `${Math.round(median(all.map((one) => one[name])))} ms`
  const fastest = Math.round(Math.min(...all.map((one) => one.ready)))
  console.log(`| ${way} | ${of('ready')} (${fastest}) | ${of('cpu')} | ${of('first')} | ${of('second')} | ${of('stop')} |`)
}
process.exit(0)
