import { useShell } from '../app/shell'
import type { AgentState } from '../chat/projection'
import { text } from '../text'
import styles from './Header.module.css'
import { MenuIcon } from './icons'

export function Header({ title, state }: { title: string; state: AgentState }) {
  const { openList } = useShell()
  return (
    <header className={styles.header}>
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
