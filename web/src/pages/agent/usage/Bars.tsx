/** A bar for each day, stacked by kind. One stop of the keyboard for all of them: arrows go from day to day. */
import { scaleBand } from 'd3-scale'
import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import type { UsageDay } from '../../../protocol'
import { words } from '../../../text/pages'
import { amountOf, type Chart } from './charts'
import styles from './Bars.module.css'
import { longDay, shortDay } from './days'
import { Drawing } from './Drawing'

const say = words.usage.charts
const LABELS = 6

interface BarsProps {
  chart: Chart
  days: readonly UsageDay[]
}

export function Bars({ chart, days }: BarsProps) {
  const [at, setAt] = useState<number | null>(null)
  const last = days.length - 1
  const picked = at === null ? undefined : days[at]
  const x = scaleBand<number>().domain(days.keys()).range([0, 100]).padding(days.length > 45 ? 0.12 : 0.24)
  const middle = (index: number) => (x(index) ?? 0) + x.bandwidth() / 2

  const onKeyDown = (event: KeyboardEvent) => {
    const from = at ?? last
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - 7, PageDown: from + 7, Home: 0, End: last }[event.key]
    if (event.key === 'Escape') setAt(null)
    if (to === undefined) return
    event.preventDefault()
    setAt(Math.min(Math.max(to, 0), last))
  }
  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setAt(Math.min(Math.max(Math.floor(((event.clientX - left) / width) * days.length), 0), last))
  }

  return (
    <div className={styles.chart}>
      <div
        className={styles.plot}
        role="slider"
        tabIndex={0}
        aria-label={say.pick(chart.title)}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at ?? last}
        aria-valuetext={told(chart, days[at ?? last])}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.target.matches(':focus-visible') && setAt(at ?? last)}
        onBlur={() => setAt(null)}
        onPointerDown={onPointer}
        onPointerMove={onPointer}
        onPointerLeave={() => setAt(null)}
      >
        <Drawing chart={chart} days={days} x={x} picked={at} />
        {picked && at !== null && (
          <div className={styles.tip} aria-hidden="true" style={{ left: `${middle(at)}%`, transform: `translateX(-${middle(at)}%)` }}>
            <p className={styles.tipDay}>{longDay(picked.day)}</p>
            {chart.kinds.map((kind) => (
              <p key={kind.label} className={styles.tipRow}>
                <span>{kind.label}</span>
                <span>{chart.write(kind.of(picked.totals))}</span>
              </p>
            ))}
            {chart.kinds.length > 1 && (
              <p className={styles.tipRow} data-sum="true">
                <span>{say.sum}</span>
                <span>{chart.write(amountOf(chart, picked.totals))}</span>
              </p>
            )}
          </div>
        )}
      </div>
      <div className={styles.labels} aria-hidden="true">
        {labelled(days.length).map((index) => (
          <span key={index} style={{ left: `${middle(index)}%` }}>
            {shortDay(days[index]?.day ?? '')}
          </span>
        ))}
      </div>
    </div>
  )
}

function told(chart: Chart, day: UsageDay | undefined): string {
  if (!day) return ''
  const parts = chart.kinds.map((kind) => say.part(kind.label, chart.write(kind.of(day.totals))))
  return say.told(longDay(day.day), chart.write(amountOf(chart, day.totals)), parts.join(', '))
}

/** Evenly, and always the last. */
function labelled(count: number): number[] {
  const step = Math.max(1, Math.ceil(count / LABELS))
  return Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % step === 0)
}
