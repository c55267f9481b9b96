/** When, in words and by hand. What is understood goes into the controls, where it can be seen and changed. */
import { useState } from 'react'
import { words } from '../../../text/pages'
import { SelectField, TextField } from '../../../ui/kit/Field'
import { type Draft, type Missing, withRecurrence } from './draft'
import { DAYS, type Day } from './found'
import { dayName, describe, readersZone, shortDay, zoneName } from './said'
import styles from './Schedules.module.css'
import { useSettled } from './useSchedules'
import { type Understood, understand } from './words'

const { form: text, lacks } = words.schedules

const KINDS = ['daily', 'weekly', 'monthly', 'once'] as const
const kinds = KINDS.map((value) => ({ value, label: text.kinds[value] }))

/** The reader's own first; the browser knows the others. */
const ZONES = [...new Set([readersZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])]

const PAUSE_MS = 400

interface WhenProps {
  draft: Draft
  /** Shown only once somebody wanted to save. */
  missing: Missing | null
  onChange: (draft: Draft) => void
}

export function WhenFields({ draft, missing, onChange }: WhenProps) {
  const { words: said, kind, days, date, time, day, zone } = draft
  const [heard, setHeard] = useState(() => hear(said, zone))
  const change = (part: Partial<Draft>) => onChange({ ...draft, ...part })
  const say = (next: string) => {
    const understood = hear(next, zone)
    setHeard(understood)
    const changed = { ...draft, words: next }
    onChange(understood && 'recurrence' in understood ? withRecurrence(changed, understood.recurrence) : changed)
  }
  const zones = ZONES.includes(zone) ? ZONES : [zone, ...ZONES]
  return (
    <>
      <div className={styles.said}>
        <TextField label={text.words} hint={text.wordsHint} dir="auto" autoComplete="off" value={said} onChange={({ target }) => say(target.value)} />
        <Heard heard={heard} />
      </div>
      <fieldset className={styles.controls}>
        <legend className={styles.legend}>{text.controls}</legend>
        <SelectField
          label={text.kind}
          value={kind}
          options={kinds}
          onChange={({ target }) => change({ kind: target.value as Draft['kind'] })}
        />
        {kind === 'once' && (
          <TextField
            type="date"
            label={text.date}
            problem={missing === 'noDate' ? text.noDate : null}
            value={date}
            onChange={({ target }) => change({ date: target.value })}
          />
        )}
        {kind === 'monthly' && (
          <TextField
            type="number"
            min={1}
            max={31}
            inputMode="numeric"
            label={text.day}
            hint={Number(day) > 28 ? text.dayHint : null}
            problem={missing === 'noDay' ? text.noDay : null}
            value={day}
            onChange={({ target }) => change({ day: target.value })}
          />
        )}
        <TextField
          type="time"
          label={text.time}
          problem={missing === 'noTime' ? text.noTime : null}
          value={time}
          onChange={({ target }) => change({ time: target.value })}
        />
        <SelectField
          label={text.zone}
          value={zone}
          options={zones.map((value) => ({ value, label: zoneName(value) }))}
          onChange={({ target }) => change({ zone: target.value })}
        />
        {kind === 'weekly' && <Days days={days} problem={missing === 'noDays' ? text.noDays : null} onChange={(next) => change({ days: next })} />}
      </fieldset>
    </>
  )
}

function Days({ days, problem, onChange }: { days: readonly Day[]; problem: string | null; onChange: (days: readonly Day[]) => void }) {
  const toggle = (day: Day) => onChange(days.includes(day) ? days.filter((one) => one !== day) : [...days, day])
  return (
    <fieldset className={styles.days}>
      <legend className={styles.label}>{text.days}</legend>
      <div className={styles.dayList}>
        {DAYS.map((day) => (
          <label key={day} className={styles.day}>
            <input type="checkbox" className={styles.dayBox} aria-label={dayName(day)} checked={days.includes(day)} onChange={() => toggle(day)} />
            {shortDay(day)}
          </label>
        ))}
      </div>
      {problem && (
        <p className={styles.wrong} role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  )
}

const hear = (said: string, zone: string): Understood | null => (said.trim() === '' ? null : understand(said, Date.now(), zone))

/** Said when the typing pauses: half a sentence lacks something at every letter. */
function Heard({ heard }: { heard: Understood | null }) {
  const said = useSettled(heard, PAUSE_MS)
  return (
    <div className={styles.heard} role="status">
      {said && <p className={'lack' in said ? styles.lack : styles.understood}>{sentenceOf(said)}</p>}
      {said && 'guessed' in said && said.guessed && <p className={styles.lack}>{text.guessed}</p>}
    </div>
  )
}

function sentenceOf(heard: Understood): string {
  if ('recurrence' in heard) return text.understood(describe(heard.recurrence))
  if (heard.lack === 'unknown') return lacks.unknown(heard.rest)
  return heard.lack === 'nothing' ? lacks.day : lacks[heard.lack]
}
