/** The next times of a schedule that is being written, as the server reckons them. */
import type { ScheduleRecurrence } from '../../../protocol'
import { words } from '../../../text/pages'
import { Loading, Problem } from '../../../ui/kit/Async'
import type { Missing } from './draft'
import { runTime } from './said'
import styles from './Schedules.module.css'
import { usePreview, useSettled } from './useSchedules'

const { form: text } = words.schedules

const TYPING_MS = 300

export function Runs({ chosen, zone }: { chosen: ScheduleRecurrence | Missing; zone: string }) {
  const settled = useSettled(JSON.stringify({ chosen, zone }), TYPING_MS)
  const asked = JSON.parse(settled) as { chosen: ScheduleRecurrence | Missing; zone: string }
  const recurrence = typeof asked.chosen === 'string' ? null : asked.chosen
  const { data, error, refetch } = usePreview(recurrence, asked.zone)
  return (
    <section className={styles.runs} aria-label={text.preview}>
      <h3 className={styles.legend}>{text.preview}</h3>
      <div role="status">
        {error && <Problem error={error} onRetry={() => void refetch()} />}
        {recurrence === null && <p className={styles.hint}>{text.previewWaits}</p>}
        {recurrence !== null && !data && !error && <Loading label={text.previewing} lines={5} />}
        {recurrence !== null && data?.nextRuns.length === 0 && <p className={styles.lack}>{text.previewOver}</p>}
        {recurrence !== null && data && data.nextRuns.length > 0 && (
          <ol className={styles.times}>
            {data.nextRuns.map((run) => {
              const { at, yours } = runTime(run, data.timeZone)
              return (
                <li key={run}>
                  {at}
                  {yours && <span className={styles.hint}> {yours}</span>}
                </li>
              )
            })}
          </ol>
        )}
      </div>
    </section>
  )
}
