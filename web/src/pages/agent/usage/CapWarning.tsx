/** Said at the top of the page before the cap is reached, and once it is. */
import { words } from '../../../text/pages'
import { type Cap, isNear, isOperators } from './cap'
import styles from './Cap.module.css'
import { wholeDay } from './days'

const say = words.usage.cap

export function CapWarning({ cap }: { cap: Cap }) {
  const { holds } = cap
  if (!holds || !(holds.reached || isNear(holds))) return null
  const { reached, spentUsd, usdPerMonth, resetsAt } = holds
  const sentence = isOperators(cap) ? say.reachedForAll(wholeDay(resetsAt)) : say.reached
  return (
    <p className={styles.warning} data-state={reached ? 'reached' : 'near'} role={reached ? 'alert' : 'status'}>
      {reached ? sentence : say.near(Math.floor((spentUsd / usdPerMonth) * 100))}
    </p>
  )
}
