/** The frame around all pages: the conversations and the way to everything else, beside the page. */
import { Outlet, useParams } from '@tanstack/react-router'
import { Suspense, useEffect, useMemo, useState } from 'react'
import { ShellContext } from '../app/shell'
import { useSession } from '../auth/useSession'
import { useUnsent } from '../chat/useChat'
import { text } from '../text'
import { Sidebar } from '../ui/Sidebar'
import { isShortcut } from '../ui/SidebarShortcut'
import { loadSoon, soon } from '../ui/soon'
import styles from './Shell.module.css'

const Search = soon(async () => ({ default: (await import('../ui/search/Search')).Search }))
const Leave = soon(async () => ({ default: (await import('../ui/Leave')).Leave }))

export function Shell() {
  const { conversationId = null } = useParams({ strict: false })
  const [listOpen, setListOpen] = useState(false)
  const [searching, setSearching] = useState(false)
  const [losing, setLosing] = useState(0)
  const [reading, setReading] = useState<string | null>(null)
  const { signOut } = useSession()
  const unsent = useUnsent()
  const shell = useMemo(() => {
    const leave = () => {
      const count = unsent()
      if (count === 0) void signOut()
      else setLosing(count)
    }
    return { openList: () => setListOpen(true), openSearch: () => setSearching(true), leave, reading, setReading }
  }, [reading, signOut, unsent])
  const close = () => setListOpen(false)

  useEffect(loadSoon, [])

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
      {losing > 0 && (
        <Suspense>
          <Leave unsent={losing} onLeave={() => void signOut()} onClose={() => setLosing(0)} />
        </Suspense>
      )}
    </ShellContext>
  )
}
