/** Where this deployment's services are. Read once, before anything else. */
import type { AppConfig } from './protocol'

export async function loadConfig(): Promise<AppConfig> {
  const response = await fetch('/config.json', { cache: 'no-store' })
  if (!response.ok) throw new Error(`config.json answered ${response.status}`)
  return (await response.json()) as AppConfig
}
