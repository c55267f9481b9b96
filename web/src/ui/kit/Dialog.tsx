/** Something that has to be answered first, or filled in, above the page. */
import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { text } from '../../text'
import { CloseIcon } from '../icons'
import { Button } from './Button'
import styles from './Dialog.module.css'

interface ConfirmProps {
  open: boolean
  title: string
  /** What will happen, and what will not. */
  children: ReactNode
  /** On the button: the deed itself, never "OK". */
  action: string
  cancel: string
  tone?: 'primary' | 'danger'
  busy?: boolean
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({ open, title, children, action, cancel, tone = 'danger', busy = false, onConfirm, onClose }: ConfirmProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={styles.backdrop} />
        <AlertDialog.Popup className={styles.popup}>
          <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className={styles.body}>
            {children}
          </AlertDialog.Description>
          <div className={styles.actions}>
            <Button onClick={onClose}>{cancel}</Button>
            <Button tone={tone} busy={busy} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

interface DialogProps {
  open: boolean
  title: string
  about?: ReactNode
  wide?: boolean
  onClose: () => void
  children: ReactNode
}

export function Dialog({ open, title, about, wide = false, onClose, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={styles.popup} data-wide={wide}>
          <div className={styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close className={styles.close} aria-label={text.thread.dismiss}>
              <CloseIcon />
            </Base.Close>
          </div>
          {about && <Base.Description className={styles.about}>{about}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
