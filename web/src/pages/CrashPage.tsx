import { text } from '../text'
import { Mark } from '../ui/icons'
import styles from './Door.module.css'

/** The last resort. It depends on nothing that could be what failed. */
export function CrashPage({ message = text.errors.crashed }: { message?: string }) {
  return (
    <main className={styles.page}>
      <div className={styles.card} role="alert">
        <Mark className={styles.mark} />
        <p className={styles.body}>{message}</p>
        <button type="button" className={styles.action} onClick={() => window.location.reload()}>
          {text.errors.reload}
        </button>
      </div>
    </main>
  )
}
