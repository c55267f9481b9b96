/** Why a skill was not taken, in the server's own words: they name the file and the line. */
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import styles from './Skills.module.css'

const { skills: text } = words

interface RefusalProps {
  name: string
  why: string
  onRetry?: () => void
  onDismiss: () => void
}

export function Refusal({ name, why, onRetry, onDismiss }: RefusalProps) {
  return (
    <div className={styles.refusal} role="alert">
      <div className={styles.words}>
        <p className={styles.refused} dir="auto">
          {text.refused(name)}
        </p>
        <p dir="auto">{why}</p>
      </div>
      <div className={styles.buttons}>
        {onRetry && <Button onClick={onRetry}>{text.again}</Button>}
        <Button tone="quiet" onClick={onDismiss}>
          {text.dismiss}
        </Button>
      </div>
    </div>
  )
}
