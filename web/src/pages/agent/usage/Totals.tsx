/** Today beside this month, and how honest each number is. */
import type { ReactNode } from 'react'
import type { UsageReport, UsageTotals } from '../../../protocol'
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { Card } from '../../../ui/kit/Card'
import { duration } from '../status/duration'
import { monthName, NOTHING, wholeDay } from './days'
import { usd } from './money'
import styles from './Totals.module.css'

const say = words.usage.totals
const count = new Intl.NumberFormat(locale)

/** `report` is of this month. */
export function Totals({ report, month }: { report: UsageReport; month: string }) {
  const ofMonth = report.months.find((one) => one.month === month)?.totals ?? NOTHING
  const columns = [report.today, ofMonth]
  const isKnown = columns.some(({ estimatedUsd }) => estimatedUsd !== undefined)
  const row = (name: string, write: (totals: UsageTotals) => ReactNode) => (
    <tr key={name}>
      <th scope="row">{name}</th>
      {columns.map((totals, nth) => (
        // oxlint-disable-next-line react/no-array-index-key
        <td key={nth}>{write(totals)}</td>
      ))}
    </tr>
  )
  return (
    <Card title={say.title} about={say.about}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{say.what}</span>
            </th>
            <th scope="col">{say.today}</th>
            <th scope="col">{say.month(monthName(month))}</th>
          </tr>
        </thead>
        <tbody>
          {row(say.messages, ({ messages }) => count.format(messages.web + messages.telegram + messages.schedule))}
          {row(say.tokens, ({ inputTokens, outputTokens }) => `${count.format(inputTokens)} / ${count.format(outputTokens)}`)}
          {row(say.wakes, ({ wakes }) => count.format(wakes))}
          {row(say.awake, ({ awakeSeconds }) => duration(awakeSeconds.spot + awakeSeconds.onDemand))}
          {row(say.model, ({ modelUsd }) => usd(modelUsd))}
          {isKnown && row(say.machine, ({ estimatedUsd }) => usd(estimatedUsd?.machine ?? 0))}
          {isKnown && row(say.address, ({ estimatedUsd }) => usd(estimatedUsd?.address ?? 0))}
          {isKnown && row(say.sum, (totals) => <strong>{usd(allOf(totals))}</strong>)}
        </tbody>
      </table>
      {ofMonth.unpricedReplies > 0 && <p className={styles.note}>{say.unpriced(ofMonth.unpricedReplies)}</p>}
      <Prices report={report} isKnown={isKnown} />
    </Card>
  )
}

const allOf = ({ modelUsd, estimatedUsd }: UsageTotals): number => modelUsd + (estimatedUsd?.machine ?? 0) + (estimatedUsd?.address ?? 0)

function Prices({ report, isKnown }: { report: UsageReport; isKnown: boolean }) {
  const { prices } = words.usage
  return (
    <details className={styles.prices}>
      <summary>{prices.title}</summary>
      <p>{prices.model}</p>
      <p>{isKnown ? prices.machine(report.prices.region, wholeDay(report.prices.asOf)) : prices.noMachine}</p>
      <p>{prices.kept}</p>
    </details>
  )
}
