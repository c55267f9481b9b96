/** When the agent wakes, how long it stays, and by which clock. */
import type { SettingsPage } from '../../protocol'
import { words } from '../../text/pages'
import { Card } from '../../ui/kit/Card'
import { Idle } from './Idle'
import { TimeZone } from './TimeZone'

const say = words.settings.times

export function Times({ page }: { page: SettingsPage }) {
  return (
    <Card title={say.title} about={say.about}>
      <Idle page={page} />
      <TimeZone page={page} />
    </Card>
  )
}
