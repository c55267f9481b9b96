/** Asks for a wake-up when the page is opened, if its reader wants that: so the first message waits less. */
import type { Api } from '../api/client'
import type { AgentStatus } from '../chat/frames'

interface Deps {
  api: Pick<Api, 'setting'>
  wake: () => Promise<unknown>
  /** What the server last said; null until it has said anything. */
  status: () => AgentStatus | null
  isSeen: () => boolean
  now: () => number
  /** When it was last asked for in this browser. */
  lastAsked: { get: () => number; set: (at: number) => void }
}

/** A reload is not an opening. */
const APART = 5 * 60_000

/** Call it whenever one of these may have changed; it asks once at most. */
export function createWakeOnOpen({ api, wake, status, isSeen, now, lastAsked }: Deps): () => void {
  let isDecided = false

  const askIfWanted = async () => {
    if ((await api.setting('wakeOnOpen')).value !== true) return
    lastAsked.set(now())
    await wake()
  }

  return () => {
    const known = status()
    if (isDecided || known === null || !isSeen()) return
    isDecided = true
    if (known === 'Running' || known === 'Starting' || now() - lastAsked.get() < APART) return
    // Nobody asked for it in words, so nobody is told that it failed: the first message wakes the agent as well.
    void askIfWanted().catch(() => null)
  }
}

/** Each person of a browser has an agent of their own. */
export function lastAskedOf(subject: string | null): Deps['lastAsked'] {
  const key = `openclaw.wakeAsked.${subject ?? ''}`
  return { get: () => Number(localStorage.getItem(key) ?? 0), set: (at) => localStorage.setItem(key, String(at)) }
}
