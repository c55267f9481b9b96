/** The sidebar where there is no room for a column. What opens inside it belongs to it, and so do Escape and the focus. */
import { Dialog } from '@base-ui/react/dialog'
import { text } from '../text'
import { SidebarContents, type SidebarProps } from './SidebarContents'
import styles from './SidebarDrawer.module.css'

export function SidebarDrawer(props: SidebarProps) {
  const { open, onClose } = props
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.drawer} aria-label={text.nav.label}>
          <SidebarContents {...props} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
