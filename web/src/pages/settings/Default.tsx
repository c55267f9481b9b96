/** What holds when nothing is chosen, and the way back to it. */
import { words } from '../../text/pages'
import styles from './Settings.module.css'
import type { Choice } from './useChoice'

interface DefaultProps {
  /** What the setting is called, for those who hear the button alone. */
  of: string
  /** The default, in words. */
  is: string
  choice: Pick<Choice<unknown>, 'chosen' | 'undo'>
}

export function Default({ of, is, choice }: DefaultProps) {
  const say = words.settings
  return (
    <p className={styles.default}>
      <span>{say.byDefault(is)}</span>
      {choice.chosen && (
        <button type="button" className={styles.undo} aria-label={say.undoOf(of)} onClick={choice.undo}>
          {say.undo}
        </button>
      )}
    </p>
  )
}
