/** A page beside the chat: its heading, the ways to its sisters, and its parts below one another. */
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { useAgent } from '../../chat/useChat'
import { words } from '../../text/pages'
import { Header } from '../Header'
import { Loading } from './Async'
import styles from './PageFrame.module.css'
import { Toasts } from './Toasts'

interface Place {
  to: string
  label: string
  /** Its address is the beginning of the others'. */
  exact?: boolean
}

export function PageFrame({ title, places }: { title: string; places: readonly Place[] }) {
  const { state } = useAgent()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const list = useRef<HTMLUListElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const here = places.find(({ to, exact }) => (exact ? path === to : path.startsWith(to)))

  // Another page begins at its top, and its name is not beyond the edge of a narrow screen.
  useEffect(() => {
    scroller.current?.scrollTo(0, 0)
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
    // The path is not read, it is what happened.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [path])

  return (
    <main id="main" className={styles.main} tabIndex={-1}>
      <Header title={title} state={state} tab={[here?.label, title].filter(Boolean).join(' · ')} />
      <nav className={styles.places} aria-label={title}>
        <ul ref={list} className={styles.list}>
          {places.map(({ to, label, exact = false }) => (
            <li key={to}>
              <Link to={to} className={styles.place} activeOptions={{ exact }} activeProps={{ 'aria-current': 'page' }}>
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {/* A region that scrolls has to be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} className={styles.scroll} tabIndex={0} role="region" aria-label={here?.label ?? title}>
        <div className={styles.parts}>
          <Suspense fallback={<Loading label={words.common.loading} lines={5} />}>
            <Outlet />
          </Suspense>
        </div>
      </div>
      <Toasts />
    </main>
  )
}
