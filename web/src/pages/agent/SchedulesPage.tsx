/** What the agent is asked by itself: the list, and the form in its place while one is written. */
import { useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { words } from '../../text/pages'
import { PlusIcon } from '../../ui/icons'
import { Loading, Problem } from '../../ui/kit/Async'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { Confirm } from '../../ui/kit/Dialog'
import { type Draft, draftOf, newDraft, SCHEDULES, withRecurrence } from './schedules/draft'
import { NoSchedules } from './schedules/NoSchedules'
import { readersZone } from './schedules/said'
import { ScheduleForm } from './schedules/ScheduleForm'
import { ScheduleItem } from './schedules/ScheduleItem'
import styles from './schedules/Schedules.module.css'
import { useRemoveSchedule, useSchedules, useSwitchSchedule, useTitles } from './schedules/useSchedules'
import { understand } from './schedules/words'

const { schedules: text, common } = words

interface Writing {
  id: string | null
  start: Draft
}

function exampleDraft({ when, ask }: { when: string; ask: string }): Draft {
  const draft = { ...newDraft(Date.now(), readersZone), prompt: ask, words: when }
  const understood = understand(when, Date.now(), readersZone)
  return 'recurrence' in understood ? withRecurrence(draft, understood.recurrence) : draft
}

export function SchedulesPage() {
  const { data, error, refetch } = useSchedules()
  const titles = useTitles()
  const [writing, setWriting] = useState<Writing | null>(null)
  const [leaving, setLeaving] = useState<string | null>(null)
  const add = useRef<HTMLButtonElement>(null)
  const switching = useSwitchSchedule()
  const removing = useRemoveSchedule(() => setLeaving(null))
  const schedules = data?.schedules.toSorted((a, b) => a.createdAt - b.createdAt) ?? []
  const isFull = schedules.length >= SCHEDULES
  const wanted = switching.argument

  /** Who comes back from the form finds the focus where it began. */
  const close = () => {
    flushSync(() => setWriting(null))
    add.current?.focus()
  }

  if (writing) return <ScheduleForm {...writing} onClose={close} />
  return (
    <Card
      title={text.title}
      about={text.about}
      actions={
        <Button ref={add} tone="primary" disabled={isFull} onClick={() => setWriting({ id: null, start: newDraft(Date.now(), readersZone) })}>
          <PlusIcon />
          {text.add}
        </Button>
      }
    >
      {isFull && <p className={styles.hint}>{text.tooMany(SCHEDULES)}</p>}
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading label={text.loading} lines={5} />}
      {data && schedules.length === 0 && <NoSchedules onPick={(example) => setWriting({ id: null, start: exampleDraft(example) })} />}
      {schedules.length > 0 && (
        <ul className={styles.list} aria-label={text.list}>
          {schedules.map((schedule) => {
            const { id, enabled } = schedule
            const isWanted = wanted?.id === id
            return (
              <ScheduleItem
                key={id}
                schedule={schedule}
                title={titles.get(schedule.conversationId)}
                enabled={isWanted && switching.busy ? wanted.enabled : enabled}
                problem={isWanted ? switching.problem : null}
                onSwitch={(next) => switching.run({ id, enabled: next })}
                onEdit={() => setWriting({ id, start: draftOf(schedule, Date.now()) })}
                onRemove={() => setLeaving(id)}
              />
            )
          })}
        </ul>
      )}
      <Confirm
        open={leaving !== null}
        title={text.item.removeTitle}
        action={text.item.removeAction}
        cancel={common.cancel}
        busy={removing.busy}
        onConfirm={() => leaving && removing.run(leaving)}
        onClose={() => setLeaving(null)}
      >
        <p>{text.item.removeBody}</p>
        {removing.problem && <p role="alert">{removing.problem}</p>}
      </Confirm>
    </Card>
  )
}
