/** The conversations: a column where there is room, a drawer where there is not. */
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useSession } from '../auth/useSession'
import { useConversations } from '../pages/useConversations'
import { text } from '../text'
import { CloseIcon, LeaveIcon, Mark, PlusIcon, SettingsIcon } from './icons'
import styles from './Sidebar.module.css'
import { shortDate } from './time'

interface SidebarProps {
  /** The conversation on screen, if there is one. */
  current: string | null
  open: boolean
  onClose: () => void
}

export function Sidebar(props: SidebarProps) {
  return (
    <>
      <aside className={styles.column}>
        <Contents {...props} />
      </aside>
      <Drawer {...props} />
    </>
  )
}

/** `dialog` gives the drawer its focus trap, its Escape and its inert background. */
function Drawer(props: SidebarProps) {
  const { open, onClose } = props
  const ref = useRef<HTMLDialogElement>(null)

  useEffect(() => {
    const dialog = ref.current
    if (open && !dialog?.open) dialog?.showModal()
    if (!open && dialog?.open) dialog.close()
  }, [open])

  return (
    // The click is for the backdrop, which only a pointer can reach; Escape closes as well.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className={styles.drawer}
      aria-label={text.nav.label}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      {open && <Contents {...props} />}
    </dialog>
  )
}

function Contents({ current, open, onClose }: SidebarProps) {
  const navigate = useNavigate()
  const { name, signOut } = useSession()

  const create = async () => {
    await navigate({ to: '/c/$conversationId', params: { conversationId: crypto.randomUUID() } })
    onClose()
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
      <button type="button" className={styles.create} onClick={() => void create()}>
        <PlusIcon />
        {text.nav.create}
      </button>
      <nav className={styles.nav} aria-label={text.nav.label}>
        <List current={current} onPicked={onClose} />
      </nav>
      <Places onPicked={onClose} />
      <div className={styles.foot}>
        <span className={styles.name} dir="auto">
          {name()}
        </span>
        <button type="button" className={styles.leave} onClick={() => void signOut()}>
          <LeaveIcon />
          {text.nav.signOut}
        </button>
      </div>
    </div>
  )
}

function List({ current, onPicked }: { current: string | null; onPicked: () => void }) {
  const conversations = useConversations(current)
  if (conversations.failed) return <p className={styles.note}>{text.nav.failed}</p>
  if (conversations.list.length === 0) return <p className={styles.note}>{text.nav.empty}</p>
  return (
    <ul className={styles.list}>
      {conversations.list.map(({ conversationId, title, lastActivityAt }) => (
        <li key={conversationId}>
          <Link
            to="/c/$conversationId"
            params={{ conversationId }}
            className={styles.item}
            aria-current={conversationId === current ? 'page' : undefined}
            onClick={onPicked}
          >
            <span className={styles.itemTitle} dir="auto">
              {title}
            </span>
            {lastActivityAt > 0 && <time className={styles.when}>{shortDate(lastActivityAt)}</time>}
          </Link>
        </li>
      ))}
    </ul>
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
