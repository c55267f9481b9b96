/** Nearly everything that the HTTP API can do, each once. What a role lacks shows as 503: the function could not ask. */
import { randomUUID } from 'node:crypto'

/** Method, path, body, and the status that says that everything behind it answered. */
export type Call = readonly [method: string, path: string, body: unknown, status: number]

const conversation = 'smoke'
const daily = { id: 'smoke', prompt: 'Good morning', recurrence: { kind: 'daily', time: '08:00' } }
const uploaded = { name: 'note.txt', size: 12 }

export const CALLS: readonly Call[] = [
  ['GET', '/status', undefined, 200],
  ['POST', '/conversations', { conversationId: conversation, title: 'Smoke' }, 201],
  ['PATCH', `/conversations/${conversation}`, { title: 'Smoke again' }, 200],
  ['DELETE', `/conversations/${conversation}`, undefined, 204],
  ['POST', `/conversations/${conversation}/messages`, { messageId: randomUUID(), message: 'Hello over HTTP' }, 202],
  ['GET', '/conversations', undefined, 200],
  ['GET', `/conversations/${conversation}/messages`, undefined, 200],
  ['GET', '/search?q=hello', undefined, 200],
  ['GET', '/settings', undefined, 200],
  ['PUT', '/settings/language', { value: 'en' }, 200],
  ['DELETE', '/settings/language', undefined, 204],
  ['GET', '/usage', undefined, 200],
  ['GET', '/agent/wakes', undefined, 200],
  ['POST', '/schedules', daily, 201],
  ['GET', '/schedules', undefined, 200],
  ['PATCH', '/schedules/smoke', { enabled: false }, 200],
  ['DELETE', '/schedules/smoke', undefined, 204],
  ['GET', '/skills', undefined, 200],
  ['GET', '/snapshots', undefined, 200],
  ['POST', '/uploads', uploaded, 200],
  ['POST', '/workspace/uploads', { path: 'note.txt', size: 12 }, 200],
  ['GET', '/workspace', undefined, 200],
  ['GET', '/link/status', undefined, 200],
  ['GET', '/me/export', undefined, 200],
  ['POST', '/agent/wake', undefined, 202],
  ['POST', '/me/sign-out', undefined, 204],
  ['DELETE', '/me', { confirm: 'delete everything' }, 200],
]

/** One line for each call that was answered otherwise. */
export async function callAll(api: string, token: string): Promise<string[]> {
  const odd: string[] = []
  for (const [method, path, body, status] of CALLS) {
    const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) }
    const answer = await fetch(api + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
    const said = await answer.text()
    if (answer.status !== status) odd.push(`${method} ${path}: ${answer.status} instead of ${status} ${said.slice(0, 300)}`)
  }
  return odd
}
