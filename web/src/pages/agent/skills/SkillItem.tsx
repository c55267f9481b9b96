import type { SkillSummary } from '../../../protocol'
import { fileSize } from '../../../text/size'
import { words } from '../../../text/pages'
import { BinIcon } from '../../../ui/icons'
import { fullTime } from '../../../ui/time'
import styles from './Skills.module.css'

const { skills: text } = words

export function SkillItem({ skill, onRemove }: { skill: SkillSummary; onRemove: () => void }) {
  const { name, description, files, bytes, at } = skill
  return (
    <li className={styles.item}>
      <div className={styles.words}>
        <h3 className={styles.name}>{name}</h3>
        <p className={styles.description} dir="auto">
          {description}
        </p>
        <p className={styles.facts}>{text.facts(files, fileSize(bytes), fullTime(at))}</p>
      </div>
      <button type="button" className={styles.icon} aria-label={text.remove(name)} title={text.remove(name)} onClick={onRemove}>
        <BinIcon />
      </button>
    </li>
  )
}
