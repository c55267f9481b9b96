/** The bars themselves: positions across are percentages, so nothing has to be measured. */
import { type scaleBand, scaleLinear } from 'd3-scale'
import type { UsageDay } from '../../../protocol'
import styles from './Bars.module.css'
import { amountOf, type Chart } from './charts'
import { FILLS, Patterns, usePatterns } from './Patterns'

const HEIGHT = 160
/** Between the kinds of a day. */
const GAP = 1

interface DrawingProps {
  chart: Chart
  days: readonly UsageDay[]
  x: ReturnType<typeof scaleBand<number>>
  picked: number | null
}

export function Drawing({ chart, days, x, picked }: DrawingProps) {
  const patterns = usePatterns()
  const most = Math.max(...days.map(({ totals }) => amountOf(chart, totals)))
  const axis = chart.axis(most)
  const y = scaleLinear()
    .domain([0, most / axis.unit || 1])
    .nice(4)
    .range([HEIGHT, 0])
  const ticks = y.ticks(4).filter((tick) => !axis.whole || Number.isInteger(tick))
  return (
    <>
      <svg className={styles.svg} width="100%" height={HEIGHT} aria-hidden="true">
        <Patterns ids={patterns} />
        {ticks.map((tick) => (
          <line key={tick} className={tick === 0 ? styles.ground : styles.grid} x1="0" x2="100%" y1={y(tick)} y2={y(tick)} />
        ))}
        {picked !== null && <rect className={styles.picked} x={`${x(picked) ?? 0}%`} width={`${x.bandwidth()}%`} y="0" height={HEIGHT} />}
        {days.map(({ day, totals }, index) => {
          let below = 0
          return chart.kinds.map((kind, nth) => {
            const amount = kind.of(totals) / axis.unit
            const [top, bottom] = [y(below + amount), y(below)]
            below += amount
            return amount === 0 ? null : (
              <rect
                key={`${day} ${kind.label}`}
                data-day={day}
                fill={FILLS[nth]?.(patterns)}
                x={`${x(index) ?? 0}%`}
                width={`${x.bandwidth()}%`}
                y={top}
                height={Math.max(bottom - top - (nth > 0 ? GAP : 0), 1.5)}
              />
            )
          })
        })}
      </svg>
      <div className={styles.ticks} aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ top: `${y(tick)}px` }}>
            {tick === 0 ? '0' : axis.write(tick)}
          </span>
        ))}
      </div>
    </>
  )
}
