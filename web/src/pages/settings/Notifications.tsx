/** What the linked chat is shown. On the page of preferences, and where the account is linked. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { answer } from '../../api/client'
import { useApp } from '../../app/context'
import type { SettingsPage } from '../../protocol'
import { words } from '../../text/pages'
import { Card } from '../../ui/kit/Card'
import { Default } from './Default'
import { Options } from './Options'
import styles from './Settings.module.css'
import { useChoice, useSettings } from './useChoice'

const say = words.settings.notifications
const SHOWN = ['all', 'replies', 'none'] as const

export function Notifications() {
  const { rest } = useApp()
  const { data: page } = useSettings()
  const { data: link } = useQuery({ queryKey: ['link'], queryFn: () => answer(rest.GET('/link/status')) })
  if (!page) return null
  return (
    <Card title={say.title} about={say.about}>
      {link?.linked === false && (
        <p className={styles.hint}>
          {say.unlinked} <Link to="/agent/telegram">{say.link}</Link>
        </p>
      )}
      <Shown page={page} />
    </Card>
  )
}

function Shown({ page }: { page: SettingsPage }) {
  const choice = useChoice('notifications', page, say.saved)
  return (
    <div className={styles.choice}>
      <Options
        label={say.label}
        options={SHOWN.map((value) => ({ value, label: say.options[value], hint: say.hints[value] }))}
        value={choice.value?.telegram ?? 'all'}
        onChoose={(telegram) => choice.choose({ telegram })}
      />
      {choice.problem && (
        <p role="alert" className={styles.problem}>
          {choice.problem}
        </p>
      )}
      <Default of={say.label} is={say.options[choice.byDefault?.telegram ?? 'all']} choice={choice} />
    </div>
  )
}
