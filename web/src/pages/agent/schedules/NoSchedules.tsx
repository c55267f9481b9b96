/** What a schedule can be, for who has none yet: each example fills the form. */
import { words } from '../../../text/pages'
import styles from './Schedules.module.css'

const { schedules: text } = words

export function NoSchedules({ onPick }: { onPick: (example: { when: string; ask: string }) => void }) {
  return (
    <div className={styles.none}>
      <h3 className={styles.noneTitle}>{text.emptyTitle}</h3>
      <p>{text.empty}</p>
      <ul className={styles.examples}>
        {text.examples.map((example) => (
          <li key={example.when}>
            <button type="button" className={styles.example} onClick={() => onPick(example)}>
              <span className={styles.when}>{example.when}</span>
              <span>{example.ask}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
