/** Before anything is linked: what it is good for, and how to begin. */
import { AppError } from '../../../api/errors'
import { words } from '../../../text/pages'
import { Problem } from '../../../ui/kit/Async'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { clockTime } from '../../../ui/time'
import styles from './Telegram.module.css'

interface IntroProps {
  /** A code that this page does not have: it was asked for before, or elsewhere. */
  outstandingUntil: number | null
  busy: boolean
  error: unknown
  onAsk: () => void
}

export function Intro({ outstandingUntil, busy, error, onAsk }: IntroProps) {
  const { intro } = words.telegram
  const hasNoBot = error instanceof AppError && error.code === 'not_found'
  return (
    <Card title={intro.title} about={intro.about}>
      <ul className={styles.points}>
        {intro.points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      {outstandingUntil !== null && <p className={styles.note}>{intro.asked(clockTime(outstandingUntil))}</p>}
      {hasNoBot && (
        <p className={styles.note} role="alert">
          {intro.noBot}
        </p>
      )}
      {error !== null && !hasNoBot && <Problem error={error} />}
      {!hasNoBot && (
        <div>
          <Button tone="primary" busy={busy} onClick={onAsk}>
            {intro.ask}
          </Button>
        </div>
      )}
    </Card>
  )
}
