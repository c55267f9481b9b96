/** The last wake-ups: when, how long until it answered, and on what machine. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import { useAgent } from '../../../chat/useChat'
import type { WakeSummary } from '../../../protocol'
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { Loading, Nothing, Problem } from '../../../ui/kit/Async'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { duration, median } from './duration'
import styles from './Wakes.module.css'

const say = words.agent.wakes
const SHOWN_AT_FIRST = 6
/** They are recent, so the year is no news. */
const moment = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' })

export function Wakes() {
  const { rest } = useApp()
  const { agent } = useAgent()
  const { data, error, refetch } = useQuery({
    // A wake-up ends with a new status.
    queryKey: ['wakes', agent.status],
    queryFn: () => answer(rest.GET('/agent/wakes')),
    staleTime: 0,
    placeholderData: keepPreviousData,
  })
  const [all, setAll] = useState(false)
  if (!data) {
    return (
      <Card title={say.title}>{error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading label={say.loading} />}</Card>
    )
  }
  const { wakes } = data
  return (
    <Card title={say.title} about={aboutText(wakes)}>
      {wakes.length === 0 ? <Nothing title={say.none}>{say.noneAbout}</Nothing> : <Table wakes={all ? wakes : wakes.slice(0, SHOWN_AT_FIRST)} />}
      {!all && wakes.length > SHOWN_AT_FIRST && (
        <Button tone="quiet" onClick={() => setAll(true)}>
          {say.all(wakes.length)}
        </Button>
      )}
    </Card>
  )
}

const timesOf = (wakes: readonly WakeSummary[]): number[] => wakes.flatMap(({ readyAfterSeconds }) => readyAfterSeconds ?? [])

function aboutText(wakes: readonly WakeSummary[]): string | undefined {
  const times = timesOf(wakes)
  const middle = median(times)
  if (middle === null) return undefined
  return times.length === 1 ? say.one(duration(middle)) : say.about(times.length, duration(middle))
}

function Table({ wakes }: { wakes: readonly WakeSummary[] }) {
  const longest = Math.max(1, ...timesOf(wakes))
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{say.title}</caption>
      <thead>
        <tr>
          <th scope="col">{say.when}</th>
          <th scope="col">{say.took}</th>
          <th scope="col">{say.machine}</th>
        </tr>
      </thead>
      <tbody>
        {wakes.map(({ at, readyAfterSeconds, capacity }) => (
          <tr key={at}>
            <td>{moment.format(at)}</td>
            <td>
              <span className={styles.time}>{readyAfterSeconds === undefined ? say.underWay : duration(readyAfterSeconds)}</span>
              <span className={styles.bar} aria-hidden="true" style={{ inlineSize: `${((readyAfterSeconds ?? 0) / longest) * 40}%` }} />
            </td>
            <td>{capacity ? say.capacity[capacity] : say.unknown}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
