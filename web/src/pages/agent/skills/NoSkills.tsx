/** What a skill looks like, for who has none yet. */
import { words } from '../../../text/pages'
import { CopyButton } from '../../../ui/CopyButton'
import { skillDocument } from './skillFile'
import styles from './Skills.module.css'

const { skills: text } = words

export function NoSkills() {
  const example = skillDocument(text.example)
  return (
    <div className={styles.none}>
      <h3 className={styles.noneTitle}>{text.emptyTitle}</h3>
      <p>{text.empty}</p>
      <div className={styles.example}>
        <pre className={styles.code}>{example}</pre>
        <CopyButton label={text.copy} done={text.copied} value={() => example} />
      </div>
    </div>
  )
}
