/** One number day by day: as bars, or as a table that holds the same. */
import { useState } from 'react'
import type { UsageDay } from '../../../protocol'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { Bars } from './Bars'
import { amountOf, type Chart } from './charts'
import styles from './DayChart.module.css'
import { longDay } from './days'
import { Swatch } from './Patterns'

const say = words.usage.charts

interface DayChartProps {
  chart: Chart
  days: readonly UsageDay[]
}

export function DayChart({ chart, days }: DayChartProps) {
  const [asTable, setAsTable] = useState(false)
  const { kinds } = chart
  const total = days.reduce((sum, { totals }) => sum + amountOf(chart, totals), 0)
  return (
    <Card
      title={chart.title}
      about={chart.about}
      actions={
        <Button tone="quiet" className={styles.toggle} aria-label={`${chart.title}: ${asTable ? say.asChart : say.asTable}`} onClick={() => setAsTable(!asTable)}>
          {asTable ? say.asChart : say.asTable}
        </Button>
      }
    >
      <figure className={styles.figure}>
        <figcaption className={styles.caption}>
          <span className={styles.total}>{say.total(chart.write(total))}</span>
          {kinds.length > 1 && !asTable && (
            <ul className={styles.legend}>
              {kinds.map(({ label }, nth) => (
                <li key={label}>
                  <Swatch nth={nth} />
                  {label}
                </li>
              ))}
            </ul>
          )}
        </figcaption>
        {asTable ? <DayTable chart={chart} days={days} /> : <Bars chart={chart} days={days} />}
      </figure>
    </Card>
  )
}

function DayTable({ chart, days }: DayChartProps) {
  const { kinds, write, title } = chart
  const sums = kinds.map((kind) => days.reduce((sum, { totals }) => sum + kind.of(totals), 0))
  const showsSum = kinds.length > 1
  return (
    // A region that scrolls has to be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={say.pick(title)}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{say.day}</th>
            {kinds.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
            {showsSum && <th scope="col">{say.sum}</th>}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ day, totals }) => (
            <tr key={day}>
              <th scope="row">{longDay(day)}</th>
              {kinds.map((kind) => (
                <td key={kind.label}>{write(kind.of(totals))}</td>
              ))}
              {showsSum && <td>{write(amountOf(chart, totals))}</td>}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{say.sum}</th>
            {kinds.map(({ label }, nth) => (
              <td key={label}>{write(sums[nth] ?? 0)}</td>
            ))}
            {showsSum && <td>{write(sums.reduce((all, sum) => all + sum, 0))}</td>}
          </tr>
        </tfoot>
      </table>
    </div>
  )
}
