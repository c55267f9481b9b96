/** What the agent did and what that cost: today, this month, and day by day. */
import { useState } from 'react'
import { words } from '../../text/pages'
import { Loading, Nothing, Problem } from '../../ui/kit/Async'
import { Card } from '../../ui/kit/Card'
import { useSettings } from './status/useStatus'
import { capOf } from './usage/cap'
import { CapCard } from './usage/CapCard'
import { CapWarning } from './usage/CapWarning'
import { chartsOf } from './usage/charts'
import { DayChart } from './usage/DayChart'
import { everyDay, monthOf, type Range, spanOf, today } from './usage/days'
import { RangePicker } from './usage/RangePicker'
import { Totals } from './usage/Totals'
import { useUsage } from './usage/useUsage'

const say = words.usage

export function UsagePage() {
  // A page that is open at midnight stays with its day until it is opened again.
  const [now] = useState(Date.now)
  const month = monthOf(today(now))
  const ofMonth = useUsage(spanOf(month, now))
  const settings = useSettings()
  const cap = capOf(ofMonth.data?.cap, settings.data)
  return (
    <>
      {ofMonth.isPending && <Loading label={say.loading} lines={6} />}
      {ofMonth.error && <Problem error={ofMonth.error} onRetry={() => void ofMonth.refetch()} />}
      <CapWarning cap={cap} />
      {ofMonth.data && <Totals report={ofMonth.data} month={month} />}
      {ofMonth.data && settings.data && <CapCard cap={cap} />}
      <Days now={now} />
    </>
  )
}

function Days({ now }: { now: number }) {
  const [range, setRange] = useState<Range>(30)
  const { data: report, error, refetch } = useUsage(spanOf(range, now))
  return (
    <>
      <RangePicker range={range} now={now} onChange={setRange} />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {report?.days.length === 0 && (
        <Card title={say.range.label}>
          <Nothing title={say.range.empty}>{say.range.emptyAbout}</Nothing>
        </Card>
      )}
      {report &&
        report.days.length > 0 &&
        chartsOf(report.days.some(({ totals }) => totals.estimatedUsd !== undefined)).map((chart) => (
          <DayChart key={chart.id} chart={chart} days={everyDay(report, report.days)} />
        ))}
    </>
  )
}
