/** Tells the server where the reader's day begins: how long a quiet agent stays awake depends on it. */
import type { Api } from '../api/client'

/** Says nothing when it fails: the next load tries again, and until then the server has its own idea. */
export async function tellTimeZone(api: Pick<Api, 'settings' | 'changeSettings'>, timeZone: string): Promise<void> {
  try {
    const known = await api.settings()
    if (known.timeZone !== timeZone) await api.changeSettings({ timeZone })
  } catch {
    return
  }
}

export const browserTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone
