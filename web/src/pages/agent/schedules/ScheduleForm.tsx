/** A schedule, new or changed: what to ask, when, where, and what becomes of a missed run. */
import { useEffect, useRef, useState } from 'react'
import { text as chat } from '../../../text'
import { words } from '../../../text/pages'
import { fileSize } from '../../../text/size'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { SelectField, TextArea } from '../../../ui/kit/Field'
import { bytesOf, type Draft, PROMPT_BYTES, recurrenceOf } from './draft'
import { Runs } from './Runs'
import styles from './Schedules.module.css'
import { useSaveSchedule, useTitles } from './useSchedules'
import { WhenFields } from './WhenFields'

const { schedules, common } = words
const { form: text, item } = schedules

const MISSED = [
  { value: 'catchUp', label: text.catchUp },
  { value: 'skip', label: text.skip },
]

interface ScheduleFormProps {
  /** Null: it is a new one. */
  id: string | null
  start: Draft
  onClose: () => void
}

export function ScheduleForm({ id, start, onClose }: ScheduleFormProps) {
  const [draft, setDraft] = useState(start)
  const [checked, setChecked] = useState(false)
  // Chosen once, so that asking again after a lost answer makes no second one.
  const [ids] = useState(() => ({ schedule: id ?? crypto.randomUUID(), conversation: crypto.randomUUID() }))
  const field = useRef<HTMLTextAreaElement>(null)
  const { run, busy, problem } = useSaveSchedule(onClose)
  useEffect(() => field.current?.focus(), [])

  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const chosen = recurrenceOf(draft)
  const size = bytesOf(draft.prompt)
  const wrongPrompt =
    size > PROMPT_BYTES ? text.askTooLong(fileSize(size), fileSize(PROMPT_BYTES)) : draft.prompt.trim() === '' ? text.askProblem : null

  const save = () => {
    setChecked(true)
    if (wrongPrompt !== null || typeof chosen === 'string') return
    run({ id: ids.schedule, isNew: id === null, draft, recurrence: chosen, ownConversation: ids.conversation })
  }

  return (
    <Card title={id === null ? text.create : text.edit}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextArea
          ref={field}
          label={text.ask}
          hint={text.askHint}
          problem={checked || size > PROMPT_BYTES ? wrongPrompt : null}
          rows={3}
          value={draft.prompt}
          onChange={({ target }) => change({ prompt: target.value })}
        />
        <WhenFields draft={draft} missing={checked && typeof chosen === 'string' ? chosen : null} onChange={setDraft} />
        <Runs chosen={chosen} zone={draft.zone} />
        <div className={styles.pair}>
          <Where draft={draft} onChange={(conversation) => change({ conversation })} />
          <SelectField
            label={text.missed}
            hint={text.missedHint}
            value={draft.missed}
            options={MISSED}
            onChange={({ target }) => change({ missed: target.value as Draft['missed'] })}
          />
        </div>
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={styles.buttons}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" busy={busy}>
            {id === null ? text.save : text.change}
          </Button>
        </div>
      </form>
    </Card>
  )
}

function Where({ draft, onChange }: { draft: Draft; onChange: (conversation: string | null) => void }) {
  const titles = useTitles()
  const known = new Map([...titles].filter(([id]) => id !== 'default'))
  // The one that it has, even if nobody spoke in it for long.
  if (draft.conversation !== null && draft.conversation !== 'default' && !known.has(draft.conversation)) known.set(draft.conversation, item.untitled)
  const options = [
    { value: '', label: text.ownConversation },
    { value: 'default', label: titles.get('default') || chat.nav.main },
    ...[...known].map(([value, title]) => ({ value, label: title || chat.nav.untitled })),
  ]
  return (
    <SelectField
      label={text.conversation}
      hint={text.conversationHint}
      value={draft.conversation ?? ''}
      options={options}
      onChange={({ target }) => onChange(target.value || null)}
    />
  )
}
