/** The frame around all pages: the conversations and the way to everything else, beside the page. */
import { Outlet, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { ShellContext } from '../app/shell'
import { text } from '../text'
import { Sidebar } from '../ui/Sidebar'
import { isShortcut } from '../ui/SidebarShortcut'
import styles from './Shell.module.css'

const Search = lazy(async () => ({ default: (await import('../ui/search/Search')).Search }))

export function Shell() {
  const { conversationId = null } = useParams({ strict: false })
  const [listOpen, setListOpen] = useState(false)
  const [searching, setSearching] = useState(false)
  const [reading, setReading] = useState<string | null>(null)
  const shell = useMemo(() => ({ openList: () => setListOpen(true), openSearch: () => setSearching(true), reading, setReading }), [reading])
  const close = () => setListOpen(false)

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return
      // Some browsers have a use of their own for it.
      event.preventDefault()
      setSearching((open) => !open)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  return (
    <ShellContext value={shell}>
      <div className={styles.page}>
        <a className="skip" href={conversationId === null ? '#main' : '#message'}>
          {conversationId === null ? text.nav.skipToPage : text.nav.skip}
        </a>
        <Sidebar current={conversationId} open={listOpen} onClose={close} />
        <Outlet />
      </div>
      {searching && (
        <Suspense>
          <Search onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </ShellContext>
  )
}
