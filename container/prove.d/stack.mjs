// A local stack whose tasks are the image, and a person who talks to it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const repository = join(here, '../..')
const PATIENCE_MS = 180_000

/** Polls until it is so; what is waited for is in the error. */
export async function until(what, isSo, patience = PATIENCE_MS) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(50)) {
    const found = await isSo()
    if (found) return found
  }
  throw new Error(`waited ${patience} ms in vain for ${what}`)
}

export async function startStack(work) {
  const data = join(work, 'data')
  for (const folder of [data, join(work, 'net')]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
  const enter = join(work, 'enter')
  writeFileSync(enter, `#!/bin/sh\nexec ${join(here, 'enter')} ${work}\n`, { mode: 0o755 })
  const args = ['--pdeathsig', 'TERM', join(repository, 'target/debug/local-stack'), '--port', '0', '--data', data, '--json', '--bridge', enter]
  const process_ = spawn('setpriv', args, { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(process_.stdout), 'line')
  const urls = JSON.parse(line)
  const control = async (path, method = 'GET') => (await fetch(`${urls.url}/local/${path}`, { method })).json().catch(() => undefined)
  const { endpoint } = await control('aws')

  const ports = [...new Set([endpoint, urls.ws].map((url) => new URL(url).port))]
  const relay = spawn(process.execPath, [join(here, 'relay.mjs'), 'outside', join(work, 'net'), ...ports], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(relay.stdout, 'data')
  return {
    urls, data, control,
    tasks: () => control('tasks'),
    log: (id) => join(data, 'logs', `task-${id}.log`),
    async stop() {
      if (process_.exitCode === null) process_.kill('SIGTERM')
      await once(process_, 'exit')
      relay.kill('SIGKILL')
    },
  }
}

/** A browser's tab, as far as a question and its answer go. */
export async function connect({ urls }, user) {
  const form = new URLSearchParams({ grant_type: 'password', username: user, client_id: 'openclaw-web' })
  const { access_token: token } = await (await fetch(`${urls.issuer}/token`, { method: 'POST', body: form })).json()
  const socket = new WebSocket(urls.ws, ['openclaw.v1', `bearer.${token}`])
  await once(socket, 'open')
  const frames = []
  socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(data)))
  return {
    token,
    close: () => socket.close(),
    /** The whole text of the answer, and after how many milliseconds it began and ended. */
    async ask(message) {
      const messageId = crypto.randomUUID()
      const asked = performance.now()
      const times = {}
      socket.send(JSON.stringify({ action: 'sendMessage', messageId, conversationId: 'default', message }))
      const mine = (type) => frames.filter((frame) => frame.type === type && frame.messageId === messageId)
      await until(`an answer to ${message.slice(0, 40)}`, () => {
        if (!times.first && mine('stream_chunk').length) times.first = performance.now() - asked
        return mine('stream_end').length || mine('error').length
      })
      if (mine('error').length) throw new Error(`it was refused: ${JSON.stringify(mine('error')[0])}`)
      const text = mine('stream_chunk').map((frame) => frame.content).join('')
      return { text, firstMs: Math.round(times.first ?? Number.NaN), endMs: Math.round(performance.now() - asked) }
    },
  }
}
