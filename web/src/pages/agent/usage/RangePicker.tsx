/** Which days are drawn: the last few, or one month. */
import { words } from '../../../text/pages'
import { monthName, monthsKept, type Range } from './days'
import styles from './RangePicker.module.css'

const say = words.usage.range
const DAYS = [7, 30, 90] as const

interface RangePickerProps {
  range: Range
  now: number
  onChange: (range: Range) => void
}

export function RangePicker({ range, now, onChange }: RangePickerProps) {
  return (
    <div className={styles.picker} role="group" aria-label={say.label}>
      {DAYS.map((days) => (
        <button key={days} type="button" className={styles.days} aria-pressed={range === days} onClick={() => onChange(days)}>
          {say.days(days)}
        </button>
      ))}
      <select
        className={styles.month}
        aria-label={say.month}
        data-chosen={typeof range === 'string'}
        value={typeof range === 'string' ? range : ''}
        onChange={({ target }) => onChange(target.value || 30)}
      >
        <option value="">{say.choose}</option>
        {monthsKept(now).map((month) => (
          <option key={month} value={month}>
            {monthName(month)}
          </option>
        ))}
      </select>
    </div>
  )
}
