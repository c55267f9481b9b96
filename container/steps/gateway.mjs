// OpenClaw as the bridge starts it, with a model of our own that answers at once: for baking the
// compile cache, and for measuring what it brings.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const OPENCLAW = '/opt/openclaw/node_modules/openclaw/openclaw.mjs'
const PORT = 18789
const TOKEN = 'local'

/** A model that asks for one tool in a conversation and then only says a word. */
export async function startModel() {
  const server = createServer(async (request, response) => {
    const { messages } = JSON.parse(Buffer.concat(await request.toArray()))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const chunk of reply(messages.some(({ role }) => role === 'tool'))) response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    response.end('data: [DONE]\n\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${server.address().port}/v1`
}

function reply(toolRan) {
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'exec', arguments: '{"command":"true"}' } }
  const delta = toolRan ? { role: 'assistant', content: 'ok' } : { role: 'assistant', tool_calls: [call] }
  const chunk = (choice, more) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'local', choices: [choice], ...more })
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  return [
    chunk({ index: 0, delta, finish_reason: null }),
    chunk({ index: 0, delta: {}, finish_reason: toolRan ? 'stop' : 'tool_calls' }, { usage }),
  ]
}

/** What crates/bridge/src/gateway_config.rs writes, as far as it decides what is loaded. */
function config(dir, baseUrl) {
  const off = { enabled: false }
  const model = { id: 'local', name: 'local', reasoning: false, input: ['text'], contextWindow: 128_000, maxTokens: 4_096 }
  return {
    meta: { migrations: { modelPolicyAllowlist: true, utilityModelSeparation: true } },
    gateway: {
      mode: 'local', port: PORT, bind: 'loopback', auth: { mode: 'token', token: TOKEN },
      controlUi: { ...off, sessionObserver: false }, terminal: off, cliAgents: off,
    },
    agents: {
      defaults: {
        model: { primary: 'model/local', fallbacks: [] }, utilityModel: '', workspace: `${dir}/workspace`,
        skipBootstrap: true, heartbeat: { every: '0m' },
      },
      entries: { main: {} },
    },
    models: {
      mode: 'replace', catalogRefresh: off,
      providers: { model: { baseUrl, api: 'openai-completions', apiKey: 'none',
        models: [{ ...model, cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }] } },
    },
    plugins: off, browser: off, cron: off, transcripts: off, diagnostics: off, telemetry: off,
    hooks: { ...off, internal: off }, memory: { search: off }, update: { checkOnStart: false, auto: off },
    discovery: { mdns: { mode: 'off' } }, session: { notifyOnCreate: false },
    skills: { allowBundled: ['none'], load: { watch: true }, workshop: { autonomous: { mode: 'off' } } },
    logging: { file: `${dir}/gateway.log`, audit: off },
  }
}

/** In a new directory; `environment` on top of what the bridge gives it. */
export function startGateway(dir, modelUrl, environment, stdio = 'inherit') {
  mkdirSync(`${dir}/workspace`, { recursive: true })
  writeFileSync(`${dir}/openclaw.json`, JSON.stringify(config(dir, modelUrl)))
  const env = {
    PATH: process.env.PATH, HOME: dir, TMPDIR: dir, OPENCLAW_STATE_DIR: dir, OPENCLAW_NO_AUTO_UPDATE: '1',
    OPENCLAW_NO_RESPAWN: '1', OPENCLAW_DISABLE_BONJOUR: '1', DO_NOT_TRACK: '1', ...environment,
  }
  // A group of its own: it starts helpers.
  return spawn(process.execPath, [OPENCLAW, 'gateway', 'run'], { cwd: dir, env, stdio: ['ignore', stdio, stdio], detached: true })
}

/** Resolves with the socket once the gateway lets us in. */
export async function connected() {
  for (;;) {
    const socket = await handshake()
    if (socket) return socket
    await sleep(20)
  }
}

function handshake() {
  const socket = new WebSocket(`ws://127.0.0.1:${PORT}/`)
  return new Promise((done) => {
    socket.onclose = socket.onerror = () => done(undefined)
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data)
      if (frame.event === 'connect.challenge') {
        request(socket, '1', 'connect', {
          minProtocol: 4, maxProtocol: 4, role: 'operator', scopes: ['operator.read', 'operator.write'],
          client: { id: 'gateway-client', version: '0', platform: 'linux', mode: 'backend' },
          caps: ['tool-events'], auth: { token: TOKEN },
        })
      }
      if (frame.id === '1') done(frame.ok ? socket : undefined)
    }
  })
}

const request = (socket, id, method, params) => socket.send(JSON.stringify({ type: 'req', id, method, params }))

/** Sends a message and resolves with how it ended, and after how many milliseconds. */
export function ask(socket, text) {
  const asked = performance.now()
  request(socket, '2', 'chat.send', { sessionKey: 'agent:main:local', message: text, idempotencyKey: text })
  return new Promise((done) => {
    socket.onclose = () => done({ state: 'closed', after: performance.now() - asked })
    socket.onmessage = ({ data }) => {
      const { event, payload } = JSON.parse(data)
      if (event === 'chat' && ['final', 'error', 'aborted'].includes(payload.state)) done({ state: payload.state, after: performance.now() - asked })
    }
  })
}
