/** What the sidebar holds, in its column and in its drawer. */
import { Link, useNavigate } from '@tanstack/react-router'
import { beginConversation } from '../api/fresh'
import { useShell } from '../app/shell'
import { text } from '../text'
import { CloseIcon, Mark, PlusIcon, SearchIcon, SettingsIcon } from './icons'
import styles from './Sidebar.module.css'
import { SidebarAccount } from './SidebarAccount'
import { SidebarList } from './SidebarList'
import { shortcut } from './SidebarShortcut'

export interface SidebarProps {
  /** The conversation on screen, if there is one. */
  current: string | null
  /** As a drawer. */
  open: boolean
  onClose: () => void
}

export function SidebarContents({ current, open, onClose }: SidebarProps) {
  const navigate = useNavigate()
  const { openSearch } = useShell()

  const create = async () => {
    await navigate({ to: '/c/$conversationId', params: { conversationId: beginConversation() } })
    onClose()
  }
  const search = () => {
    onClose()
    openSearch()
  }

  return (
    <div className={styles.contents}>
      <div className={styles.top}>
        <p className={styles.brand}>
          <Mark className={styles.mark} />
          {text.product}
        </p>
        {open && (
          <button type="button" className={styles.icon} aria-label={text.nav.close} onClick={onClose}>
            <CloseIcon />
          </button>
        )}
      </div>
      <div className={styles.deeds}>
        <button type="button" className={styles.create} onClick={() => void create()}>
          <PlusIcon />
          {text.nav.create}
        </button>
        <button type="button" className={styles.search} aria-keyshortcuts={shortcut.keys} onClick={search}>
          <SearchIcon />
          {text.nav.search}
          <kbd className={styles.keys} aria-hidden="true">
            {shortcut.label}
          </kbd>
        </button>
      </div>
      <nav className={styles.nav} aria-label={text.nav.label} tabIndex={-1}>
        <SidebarList current={current} onPicked={onClose} />
      </nav>
      <Places onPicked={onClose} />
      <SidebarAccount />
    </div>
  )
}

/** Everything that is not a conversation. */
function Places({ onPicked }: { onPicked: () => void }) {
  return (
    <nav className={styles.places} aria-label={text.nav.places}>
      <Link to="/agent" className={styles.place} activeProps={{ 'aria-current': 'page' }} onClick={onPicked}>
        <Mark className={styles.placeIcon} />
        {text.nav.agent}
      </Link>
      <Link to="/settings" className={styles.place} activeProps={{ 'aria-current': 'page' }} onClick={onPicked}>
        <SettingsIcon className={styles.placeIcon} />
        {text.nav.settings}
      </Link>
    </nav>
  )
}
