/** The snapshots below one another, under the days on which they were taken. */
import type { SnapshotSummary } from '../../../protocol'
import { fileSize } from '../../../text/size'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { clockTime, fullTime } from '../../../ui/time'
import { byDay } from './days'
import styles from './Snapshots.module.css'

const say = words.snapshots.list

interface TimelineProps {
  snapshots: readonly SnapshotSummary[]
  onRestore: (snapshot: SnapshotSummary) => void
}

export function Timeline({ snapshots, onRestore }: TimelineProps) {
  const newest = snapshots[0]?.id
  return byDay(snapshots, Date.now()).map(({ label, snapshots: ofDay }) => (
    <div key={label} className={styles.day}>
      <h3 className={styles.date}>{label}</h3>
      <ol className={styles.line} aria-label={label}>
        {ofDay.map((snapshot) => (
          <Moment key={snapshot.id} snapshot={snapshot} isNewest={snapshot.id === newest} onRestore={onRestore} />
        ))}
      </ol>
    </div>
  ))
}

interface MomentProps {
  snapshot: SnapshotSummary
  isNewest: boolean
  onRestore: (snapshot: SnapshotSummary) => void
}

function Moment({ snapshot, isNewest, onRestore }: MomentProps) {
  const { at, reason, files, bytes, addedBytes } = snapshot
  return (
    <li className={styles.moment} data-newest={isNewest}>
      <time className={styles.time} dateTime={new Date(at).toISOString()}>
        {clockTime(at)}
      </time>
      <div className={styles.what}>
        <p>{say.reasons[reason]}</p>
        <p className={styles.size}>
          {say.files(files)} · {fileSize(bytes)} · {say.added(fileSize(addedBytes))}
        </p>
      </div>
      {isNewest && <span className={styles.newest}>{say.newest}</span>}
      <Button tone="quiet" className={styles.restore} aria-label={say.restoreOf(fullTime(at))} onClick={() => onRestore(snapshot)}>
        {say.restore}
      </Button>
    </li>
  )
}
