/** The frame around all pages: the conversations and the way to everything else, beside the page. */
import { Outlet, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { ShellContext } from '../app/shell'
import { text } from '../text'
import { Sidebar } from '../ui/Sidebar'
import styles from './Shell.module.css'

export function Shell() {
  const { conversationId = null } = useParams({ strict: false })
  const [listOpen, setListOpen] = useState(false)
  const shell = useMemo(() => ({ openList: () => setListOpen(true) }), [])
  const close = () => setListOpen(false)

  return (
    <ShellContext value={shell}>
      <div className={styles.page}>
        <a className="skip" href={conversationId === null ? '#main' : '#message'}>
          {conversationId === null ? text.nav.skipToPage : text.nav.skip}
        </a>
        <Sidebar current={conversationId} open={listOpen} onClose={close} />
        <Outlet />
      </div>
    </ShellContext>
  )
}
