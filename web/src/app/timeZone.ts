/** Tells the server where the reader's day begins: how long a quiet agent stays awake depends on it. */
import type { Api } from '../api/client'

/** Says nothing when it fails: the next load tries again, and until then the server has its own idea. */
export async function tellTimeZone(api: Pick<Api, 'setting' | 'choose'>, timeZone: string): Promise<void> {
  try {
    const known = await api.setting('timeZone')
    if (!known.chosen || known.value !== timeZone) await api.choose('timeZone', timeZone)
  } catch {
    return
  }
}

export const browserTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone
