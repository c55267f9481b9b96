import { useShell } from '../app/shell'
import type { AgentState } from '../chat/projection'
import { useUnreadCount } from '../pages/useConversations'
import { text } from '../text'
import styles from './Header.module.css'
import { MenuIcon } from './icons'
import { useVisible } from './useVisible'

interface HeaderProps {
  title: string
  state: AgentState
  /** What the browser's tab says, if it is more than the title. */
  tab?: string
}

export function Header({ title, state, tab = title }: HeaderProps) {
  const { openList } = useShell()
  const unread = useUnreadCount()
  const isSeen = useVisible()
  return (
    <header className={styles.header}>
      {/* How much is new is for who looks elsewhere. */}
      <title>{text.nav.tab(tab, isSeen ? 0 : unread)}</title>
      <button type="button" className={styles.menu} aria-label={text.nav.open} onClick={openList}>
        <MenuIcon />
      </button>
      <h1 className={styles.title} dir="auto">
        {title}
      </h1>
      <p className={styles.state} data-state={state}>
        <span className={styles.dot} />
        <span className="visually-hidden">{text.agent.label} </span>
        {text.agent[state]}
      </p>
    </header>
  )
}
