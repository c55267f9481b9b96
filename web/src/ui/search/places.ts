/** The pages one can go to by their names. */
import { words } from '../../text/pages'

const { places } = words.common

export const PLACES = [
  { to: '/agent', label: places.status },
  { to: '/agent/files', label: places.files },
  { to: '/agent/skills', label: places.skills },
  { to: '/agent/schedules', label: places.schedules },
  { to: '/agent/snapshots', label: places.snapshots },
  { to: '/agent/telegram', label: places.telegram },
  { to: '/agent/usage', label: places.usage },
  { to: '/settings', label: places.settings },
  { to: '/settings/data', label: places.data },
] as const
