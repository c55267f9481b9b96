/** Fetches what comes before or after, shortly before the reader gets there. The button is for when that failed, and for keyboards. */
import { useEffect, useRef, useState } from 'react'
import styles from './ThreadPane.module.css'

/** How far ahead of the reader: a screen, so that a steady pace never meets the gap. */
const AHEAD = '1200px 0px'

export function MorePages({ label, load }: { label: string; load: () => Promise<boolean> }) {
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle')
  const button = useRef<HTMLButtonElement>(null)

  const go = async () => {
    setState('busy')
    setState((await load()) ? 'idle' : 'failed')
  }

  useEffect(() => {
    if (state !== 'idle' || !button.current) return
    const near = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return
        near.disconnect()
        void go()
      },
      { root: button.current.closest('[data-pane]'), rootMargin: AHEAD },
    )
    near.observe(button.current)
    return () => near.disconnect()
    // What to load may be another function with each render; it is one and the same deed.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [state])

  return (
    <button ref={button} type="button" className={styles.more} aria-disabled={state === 'busy'} onClick={() => state !== 'busy' && void go()}>
      {label}
    </button>
  )
}
