/** When the agent wakes, how long it stays, and by which clock. */
import type { SettingsPage } from '../../protocol'
import { words } from '../../text/pages'
import { Card } from '../../ui/kit/Card'
import { SwitchField } from '../../ui/kit/Field'
import { Default } from './Default'
import { Idle } from './Idle'
import styles from './Settings.module.css'
import { TimeZone } from './TimeZone'
import { useChoice } from './useChoice'

const say = words.settings.times

export function Times({ page }: { page: SettingsPage }) {
  return (
    <Card title={say.title} about={say.about}>
      {/* A server from before this choice has no default of it. */}
      {page.defaults.wakeOnOpen !== undefined && <WakeOnOpen page={page} />}
      <Idle page={page} />
      <TimeZone page={page} />
    </Card>
  )
}

function WakeOnOpen({ page }: { page: SettingsPage }) {
  const choice = useChoice('wakeOnOpen', page, say.wakeOnOpenSaved)
  return (
    <div className={styles.choice}>
      <SwitchField label={say.wakeOnOpen} hint={say.wakeOnOpenHint} checked={choice.value ?? true} onChange={(on) => choice.choose(on)} />
      {choice.problem && (
        <p role="alert" className={styles.problem}>
          {choice.problem}
        </p>
      )}
      <Default of={say.wakeOnOpen} is={choice.byDefault === false ? say.off : say.on} choice={choice} />
    </div>
  )
}
