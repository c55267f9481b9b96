/** What the agent remembers, moment by moment, and the way back to each. */
import { useState } from 'react'
import type { SnapshotSummary } from '../../protocol'
import { words } from '../../text/pages'
import { Loading, Nothing, Problem } from '../../ui/kit/Async'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { useDeed } from '../../ui/kit/useDeed'
import { RestoreDialog } from './snapshots/RestoreDialog'
import { RestoreProgress } from './snapshots/RestoreProgress'
import styles from './snapshots/Snapshots.module.css'
import { Timeline } from './snapshots/Timeline'
import { useList } from './snapshots/useSnapshots'
import { useSaving } from './snapshots/useSaving'

const say = words.snapshots

export function SnapshotsPage() {
  const list = useList()
  const saving = useSaving()
  const save = useDeed({ run: saving.ask, changes: ['snapshots'] })
  const [chosen, setChosen] = useState<SnapshotSummary | null>(null)
  const snapshots = list.data?.pages.flatMap((page) => page.snapshots)
  const isEmpty = snapshots?.length === 0

  return (
    <>
      <RestoreProgress snapshots={snapshots ?? []} />
      <Card
        title={say.list.title}
        about={say.list.about}
        actions={
          <Button tone="primary" busy={save.busy || saving.waiting} onClick={() => save.run()}>
            {say.save.action}
          </Button>
        }
      >
        <p className={styles.saving} role="status">
          {saving.sentence}
        </p>
        {save.problem && (
          <p className={styles.problem} role="alert">
            {save.problem}
          </p>
        )}
        {list.isPending && <Loading label={say.loading} lines={5} />}
        {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
        {isEmpty && <Nothing title={say.list.none}>{say.list.noneAbout}</Nothing>}
        {snapshots && !isEmpty && <Timeline snapshots={snapshots} onRestore={setChosen} />}
        {list.hasNextPage && (
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {words.common.more}
          </Button>
        )}
        {snapshots && !isEmpty && <p className={styles.kept}>{say.list.kept}</p>}
      </Card>
      {chosen && <RestoreDialog snapshot={chosen} onClose={() => setChosen(null)} />}
    </>
  )
}
