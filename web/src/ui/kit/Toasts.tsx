import { Toast } from '@base-ui/react/toast'
import { text } from '../../text'
import { CloseIcon } from '../icons'
import styles from './Toasts.module.css'
import { toasts } from './toasts'

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts}>
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts: shown } = Toast.useToastManager()
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast} aria-label={String(toast.description)}>
      <Toast.Description className={styles.words} />
      <Toast.Close className={styles.close} aria-label={text.thread.dismiss}>
        <CloseIcon />
      </Toast.Close>
    </Toast.Root>
  ))
}
