/** What stands where something is still to come, did not come, or does not exist yet. */
import type { ReactNode } from 'react'
import { processServerError } from '../../api/errors'
import { text } from '../../text'
import styles from './Async.module.css'
import { Button } from './Button'

/** Announced; the lines only hold the place. */
export function Loading({ label, lines = 3 }: { label: string; lines?: number }) {
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={styles.bone} />
      ))}
    </div>
  )
}

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div className={styles.problem} role="alert">
      <p>{processServerError(error).message}</p>
      {onRetry && <Button onClick={onRetry}>{text.thread.reload}</Button>}
    </div>
  )
}

/** An empty state: what would be here, and how it comes here. */
export function Nothing({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.nothing}>
      <p className={styles.nothingTitle}>{title}</p>
      {children && <p>{children}</p>}
      {action}
    </div>
  )
}
