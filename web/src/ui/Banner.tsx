import type { ReactNode } from 'react'
import { text } from '../text'
import styles from './Banner.module.css'
import { CloseIcon } from './icons'

interface BannerProps {
  tone: 'info' | 'warn' | 'error'
  role?: 'status' | 'alert' | undefined
  action?: { label: string; run: () => void } | undefined
  onDismiss?: (() => void) | undefined
  children: ReactNode
}

export function Banner({ tone, role, action, onDismiss, children }: BannerProps) {
  return (
    <div className={`${styles.banner} ${styles[tone]}`} role={role}>
      <p>{children}</p>
      {action && (
        <button type="button" className={styles.action} onClick={action.run}>
          {action.label}
        </button>
      )}
      {onDismiss && (
        <button type="button" className={styles.dismiss} aria-label={text.thread.dismiss} onClick={onDismiss}>
          <CloseIcon />
        </button>
      )}
    </div>
  )
}
