/** Everything about the agent that is not said to it. */
import { words } from '../../text/pages'
import { PageFrame } from '../../ui/kit/PageFrame'

const { places } = words.common

export function AgentLayout() {
  return (
    <PageFrame
      title={places.agent}
      places={[
        { to: '/agent', label: places.status, exact: true },
        { to: '/agent/files', label: places.files },
        { to: '/agent/skills', label: places.skills },
        { to: '/agent/schedules', label: places.schedules },
        { to: '/agent/snapshots', label: places.snapshots },
        { to: '/agent/telegram', label: places.telegram },
        { to: '/agent/usage', label: places.usage },
      ]}
    />
  )
}
