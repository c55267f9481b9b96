/** Three things that are good to know before the first message. It stands beside writing and not before it. */
import { Link } from '@tanstack/react-router'
import { words } from '../../text/pages'
import { ClockIcon, LockIcon, Mark, MemoryIcon } from '../../ui/icons'
import { Button } from '../../ui/kit/Button'
import styles from './Welcome.module.css'

const { welcome: say } = words

const icons = [ClockIcon, MemoryIcon, LockIcon]

export function Welcome({ onDismiss }: { onDismiss: () => void }) {
  return (
    <section className={styles.welcome} aria-labelledby="welcome">
      <Mark className={styles.mark} />
      <h2 id="welcome" className={styles.title}>
        {say.title}
      </h2>
      <p className={styles.lead}>{say.lead}</p>
      <ol className={styles.steps}>
        {say.steps.map(({ title, body }, index) => {
          const Icon = icons[index] ?? Mark
          return (
            <li key={title} className={styles.step}>
              <Icon className={styles.icon} />
              <h3 className={styles.name}>{title}</h3>
              <p className={styles.body}>{body}</p>
            </li>
          )
        })}
      </ol>
      <div className={styles.foot}>
        <p>
          {say.telegram} <Link to="/agent/telegram">{say.connect}</Link>
        </p>
        <Button onClick={onDismiss}>{say.dismiss}</Button>
      </div>
    </section>
  )
}
