/** Signing out: here, or on every device. */
import { useState } from 'react'
import { useApp } from '../app/context'
import { useShell } from '../app/shell'
import { useSession } from '../auth/useSession'
import { useUnsent } from '../chat/useChat'
import { text } from '../text'
import { words } from '../text/pages'
import { DevicesIcon, LeaveIcon } from './icons'
import { AnchoredMenu } from './kit/AnchoredMenu'
import { Confirm } from './kit/Dialog'
import { useDeed } from './kit/useDeed'
import styles from './SidebarDeeds.module.css'
import { signOutEverywhere } from './SidebarSignOut'

const { account: say, common } = words

export function SidebarAccountMenu({ button, onClose }: { button: HTMLButtonElement; onClose: () => void }) {
  const { leave } = useShell()
  const [asking, setAsking] = useState(false)
  if (asking) return <Everywhere onClose={onClose} />
  const out = () => {
    onClose()
    leave()
  }
  const items = [
    { label: text.nav.signOut, icon: <LeaveIcon />, run: out },
    { label: say.everywhere, icon: <DevicesIcon />, run: () => setAsking(true) },
  ]
  return <AnchoredMenu anchor={button} label={say.label} items={items} side="top" align="start" onClose={onClose} />
}

function Everywhere({ onClose }: { onClose: () => void }) {
  const { rest } = useApp()
  const { signOut } = useSession()
  const [unsent] = useState(useUnsent())
  const deed = useDeed({ run: () => signOutEverywhere(rest), changes: [], after: () => void signOut() })
  return (
    <Confirm open title={say.everywhereTitle} action={say.everywhereAction} cancel={common.cancel} busy={deed.busy} onConfirm={() => deed.run()} onClose={onClose}>
      <p>{say.everywhereEnds}</p>
      <p>{say.everywhereStays}</p>
      {unsent > 0 && <p>{say.loses(unsent)}</p>}
      {deed.problem && (
        <p className={styles.problem} role="alert">
          {deed.problem}
        </p>
      )}
    </Confirm>
  )
}
