/** What stands where nothing was said yet: the suggestions, and for somebody new what will happen. */
import { lazy, Suspense } from 'react'
import { EmptyState } from '../../ui/EmptyState'
import styles from './EmptyChat.module.css'
import { useWelcome } from './useWelcome'

const Welcome = lazy(async () => ({ default: (await import('./Welcome')).Welcome }))

export function EmptyChat(props: Parameters<typeof EmptyState>[0]) {
  const { state, dismiss } = useWelcome()
  // One of the two, and never first one and then the other.
  if (state === 'unknown') return <div className={styles.place} />
  if (state === 'over') return <EmptyState {...props} />
  return (
    <Suspense fallback={<div className={styles.place} />}>
      <EmptyState {...props} instead={<Welcome onDismiss={dismiss} />} />
    </Suspense>
  )
}
