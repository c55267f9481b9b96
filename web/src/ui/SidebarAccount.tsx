/** Who is signed in, and the way out. */
import { Suspense, useState } from 'react'
import { useSession } from '../auth/useSession'
import { text } from '../text'
import { MoreIcon } from './icons'
import { soon } from './soon'
import styles from './SidebarAccount.module.css'

const SidebarAccountMenu = soon(async () => ({ default: (await import('./SidebarAccountMenu')).SidebarAccountMenu }))

export function SidebarAccount() {
  const { name } = useSession()
  /** What the open menu hangs on. */
  const [button, setButton] = useState<HTMLButtonElement | null>(null)
  const who = name() ?? ''
  return (
    <>
      <button
        type="button"
        className={styles.account}
        aria-haspopup="menu"
        aria-expanded={button !== null}
        onClick={(event) => setButton(event.currentTarget)}
      >
        <span className={styles.initial} aria-hidden="true">
          {[...who][0]?.toLocaleUpperCase()}
        </span>
        <span className="visually-hidden">{text.nav.account} </span>
        <span className={styles.name} dir="auto">
          {who}
        </span>
        <MoreIcon className={styles.more} />
      </button>
      {button && (
        <Suspense>
          <SidebarAccountMenu button={button} onClose={() => setButton(null)} />
        </Suspense>
      )}
    </>
  )
}
