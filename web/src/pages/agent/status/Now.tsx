/** How the agent is, in words: live by the chat's connection, and by REST what a frame does not say. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApp } from '../../../app/context'
import { useAgent } from '../../../chat/useChat'
import type { IdleSetting, StatusResponse } from '../../../protocol'
import { text } from '../../../text'
import { words } from '../../../text/pages'
import { Problem } from '../../../ui/kit/Async'
import { Card } from '../../../ui/kit/Card'
import { clockTime, fullTime } from '../../../ui/time'
import { duration } from './duration'
import styles from './Now.module.css'
import { howItIs, type Mood } from './mood'
import { useNow } from '../../../ui/useNow'
import { useSettings, useStatus } from './useStatus'

const say = words.agent.now

export function Now() {
  const { agent, link } = useAgent()
  const status = useStatus()
  const settings = useSettings()
  const mood = howItIs(agent, status.data)
  const { chosen, defaults } = settings.data ?? {}

  return (
    <Card title={say.title}>
      <p className={styles.mood} data-mood={mood} role="status">
        <span className={styles.dot} aria-hidden="true" />
        {say[mood]}
      </p>
      {link === 'waiting' && <p className={styles.stale}>{say.stale}</p>}
      {status.error && <Problem error={status.error} onRetry={() => void status.refetch()} />}
      <dl className={styles.facts}>
        <Fact name={say.awakeSince}>
          <Since status={status.data} mood={mood} />
        </Fact>
        <Fact name={say.waiting}>{status.data ? say.messages(status.data.openMessages) : '…'}</Fact>
        <Fact name={say.model}>
          <Model name={chosen?.model ?? null} />
          <Link to="/settings" className={styles.change}>
            {say.change}
          </Link>
        </Fact>
        <Fact name={say.next}>{nextText(mood, chosen?.idle ?? defaults?.idle)}</Fact>
      </dl>
    </Card>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Since({ status, mood }: { status: StatusResponse | undefined; mood: Mood }) {
  const now = useNow(15_000)
  if (mood === 'asleep' || mood === 'postponed') return say.nothing
  if (status?.since === undefined) return '…'
  const sameDay = new Date(status.since).toDateString() === new Date(now).toDateString()
  const time = sameDay ? clockTime(status.since) : fullTime(status.since)
  return say.since(time, duration((now - status.since) / 1000))
}

/** What was chosen counts from the next wake; without a choice the server's configuration says which one answers. */
function Model({ name }: { name: string | null }) {
  const { config } = useApp()
  return (
    <>
      <span dir="auto">{name ?? config.model ?? (config.demo ? say.demo : say.noModel)}</span>
      {config.demo && <span className={styles.demo}>{text.demo}</span>}
    </>
  )
}

function nextText(mood: Mood, idle: IdleSetting | undefined): string {
  if (mood === 'asleep' || mood === 'postponed') return say.wakesByItself
  if (mood === 'stopping') return say.goesDown
  if (mood === 'waking') return say.comesUp
  if (!idle || mood === 'unknown') return '…'
  const { minMinutes, maxMinutes } = idle
  return minMinutes === maxMinutes ? say.sleepsAfter(minMinutes) : say.sleepsBetween(minMinutes, maxMinutes)
}
