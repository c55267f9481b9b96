/** What a person chooses, and what is kept of them. */
import { words } from '../../text/pages'
import { PageFrame } from '../../ui/kit/PageFrame'

const { places } = words.common

export function SettingsLayout() {
  return (
    <PageFrame
      title={places.settings}
      places={[
        { to: '/settings', label: places.choices, exact: true },
        { to: '/settings/data', label: places.data },
      ]}
    />
  )
}
