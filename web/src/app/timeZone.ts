/** Tells the server where the reader's day begins: how long a quiet agent stays awake depends on it. */
import type { Api } from '../api/client'

/** What this browser told last. Another zone on the server is one that somebody chose, here or elsewhere. */
const KEY = 'openclaw.timeZone'

export const toldTimeZone = (): string | null => globalThis.localStorage?.getItem(KEY) ?? null
export const keepToldTimeZone = (zone: string): void => globalThis.localStorage?.setItem(KEY, zone)
export const forgetToldTimeZone = (): void => globalThis.localStorage?.removeItem(KEY)

interface Memory {
  told: () => string | null
  keep: (zone: string) => void
}

/** Says nothing when it fails: the next load tries again, and until then the server has its own idea. */
export async function tellTimeZone(
  api: Pick<Api, 'setting' | 'choose'>,
  timeZone: string,
  { told, keep }: Memory = { told: toldTimeZone, keep: keepToldTimeZone },
): Promise<void> {
  try {
    const { chosen, value } = await api.setting('timeZone')
    if (chosen && (value === timeZone || value !== told())) return
    await api.choose('timeZone', timeZone)
    keep(timeZone)
  } catch {
    return
  }
}

export const browserTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone
