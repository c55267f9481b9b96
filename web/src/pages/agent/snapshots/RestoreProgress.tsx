/** How the restore stands that was asked for last: what it waits for, or how it ended. */
import { Link } from '@tanstack/react-router'
import { useAgent } from '../../../chat/useChat'
import type { Restore, SnapshotSummary } from '../../../protocol'
import { words } from '../../../text/pages'
import { Card } from '../../../ui/kit/Card'
import { fullTime } from '../../../ui/time'
import styles from './Snapshots.module.css'
import { useNewest } from './useSnapshots'

const say = words.snapshots.progress

/** One that ended long ago is no news. */
const NEWS_MS = 24 * 60 * 60 * 1000
const isNews = ({ state, requestedAt }: Restore): boolean => state === 'pending' || Date.now() - requestedAt < NEWS_MS

export function RestoreProgress({ snapshots }: { snapshots: readonly SnapshotSummary[] }) {
  const { agent } = useAgent()
  const { restore } = useNewest()
  if (!restore || !isNews(restore)) return null

  const of = snapshots.find(({ id }) => id === restore.snapshotId)
  const time = of ? fullTime(of.at) : say.aMoment
  const aim = restore.folder === undefined ? say.place(time) : say.folder(time, restore.folder)
  return (
    <Card title={say.title} about={restore.state === 'done' ? undefined : aim}>
      <div className={styles.progress} data-state={restore.state} role="status">
        {restore.state === 'pending' && (
          <>
            <span className={styles.bar} aria-hidden="true" />
            <p>{agent.status ? say.waits[agent.status] : restore.detail}</p>
          </>
        )}
        {restore.state === 'done' && <p>{restore.folder === undefined ? say.donePlace(time) : say.doneFolder(restore.folder)}</p>}
        {restore.state === 'failed' && (
          <p>
            {say.failed} {restore.detail}
          </p>
        )}
      </div>
      {restore.state === 'done' && restore.into === 'folder' && (
        <p>
          <Link to="/agent/files">{say.open}</Link>
        </p>
      )}
    </Card>
  )
}
