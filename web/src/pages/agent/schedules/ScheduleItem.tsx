import { Link } from '@tanstack/react-router'
import { text as chat } from '../../../text'
import type { ScheduleSummary } from '../../../protocol'
import { words } from '../../../text/pages'
import { BinIcon, PenIcon } from '../../../ui/icons'
import { Button } from '../../../ui/kit/Button'
import { SwitchField } from '../../../ui/kit/Field'
import { describe, runTime } from './said'
import styles from './Schedules.module.css'

const { item: text } = words.schedules

interface ScheduleItemProps {
  schedule: ScheduleSummary
  /** Of its conversation, if it is known. */
  title: string | undefined
  /** As it was wanted last, before the server has said so. */
  enabled: boolean
  problem: string | null
  onSwitch: (enabled: boolean) => void
  onEdit: () => void
  onRemove: () => void
}

export function ScheduleItem({ schedule, title, enabled, problem, onSwitch, onEdit, onRemove }: ScheduleItemProps) {
  const { conversationId, prompt, recurrence, armed, lastRunAt, timeZone } = schedule
  const said = describe(recurrence)
  const isDefault = conversationId === 'default'
  return (
    <li className={styles.item} data-off={!enabled}>
      <SwitchField label={said} hint={<span dir="auto" className={styles.prompt}>{prompt}</span>} checked={enabled} onChange={onSwitch} />
      <dl className={styles.facts}>
        <dt>{text.next}</dt>
        <dd>
          <Next schedule={schedule} enabled={enabled} />
        </dd>
        {lastRunAt !== undefined && (
          <>
            <dt>{text.last}</dt>
            <dd>{runTime(lastRunAt, timeZone).at}</dd>
          </>
        )}
        <dt>{text.conversation}</dt>
        <dd>
          <Link to="/c/$conversationId" params={{ conversationId }} className={styles.link}>
            <bdi>{title || (isDefault ? chat.nav.main : text.untitled)}</bdi>
          </Link>
        </dd>
      </dl>
      {!armed && <p className={styles.lack}>{text.notArmed}</p>}
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={styles.actions}>
        <Button onClick={onEdit} aria-label={text.edit(said)}>
          <PenIcon />
          {text.editAction}
        </Button>
        <Button tone="quiet" onClick={onRemove} aria-label={text.remove(said)}>
          <BinIcon />
          {text.removeAction}
        </Button>
      </div>
    </li>
  )
}

function Next({ schedule, enabled }: { schedule: ScheduleSummary; enabled: boolean }) {
  const [first, second] = schedule.nextRuns
  if (!enabled) return text.off
  if (first === undefined) return text.over
  const { at, yours } = runTime(first, schedule.timeZone)
  return (
    <>
      {at}
      {yours && <p className={styles.hint}>{yours}</p>}
      {second !== undefined && <p className={styles.hint}>{text.afterwards(runTime(second, schedule.timeZone).at)}</p>}
    </>
  )
}
