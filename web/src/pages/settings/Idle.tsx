/** How long a quiet agent stays awake: at least, and at most. */
import { type FormEvent, useState } from 'react'
import type { IdleSetting, SettingsPage } from '../../protocol'
import { words } from '../../text/pages'
import { Button } from '../../ui/kit/Button'
import { TextField } from '../../ui/kit/Field'
import { Default } from './Default'
import styles from './Settings.module.css'
import { type IdleDraft, idleProblems } from './idle'
import { useChoice } from './useChoice'

const say = words.settings.times

export function Idle({ page }: { page: SettingsPage }) {
  const choice = useChoice('idle', page, words.settings.chosen)
  const { minMinutes: least, maxMinutes: most } = page.offered.idle
  const [draft, setDraft] = useState<IdleDraft | null>(null)
  const holds = asDraft(choice.value ?? page.offered.idle)
  const written = draft ?? holds
  const dirty = draft !== null && (draft.minMinutes !== holds.minMinutes || draft.maxMinutes !== holds.maxMinutes)
  const problems = idleProblems(written, page.offered.idle)
  const sentence = (problem: 'whole' | 'crossed' | null) => problem && (problem === 'whole' ? say.whole(least, most) : say.crossed)

  const save = (event: FormEvent) => {
    event.preventDefault()
    if (!dirty || problems.minMinutes || problems.maxMinutes) return
    choice.choose({ minMinutes: Number(written.minMinutes), maxMinutes: Number(written.maxMinutes) })
    setDraft(null)
  }

  const field = (key: keyof IdleDraft, label: string) => (
    <TextField
      label={label}
      type="number"
      inputMode="numeric"
      min={least}
      max={most}
      step={1}
      value={written[key]}
      problem={sentence(problems[key])}
      onChange={({ target }) => setDraft({ ...written, [key]: target.value })}
    />
  )

  return (
    <form className={styles.choice} onSubmit={save} noValidate>
      <fieldset className={styles.options}>
        <legend className={styles.legend}>{say.idle}</legend>
        <div className={styles.pair}>
          {field('minMinutes', say.minMinutes)}
          {field('maxMinutes', say.maxMinutes)}
          <Button type="submit" tone={dirty ? 'primary' : 'plain'} busy={choice.busy} disabled={!dirty}>
            {words.common.save}
          </Button>
        </div>
        <p className={styles.hint}>{say.idleHint(least, most)}</p>
        {choice.problem && (
          <p role="alert" className={styles.problem}>
            {choice.problem}
          </p>
        )}
      </fieldset>
      {choice.byDefault && (
        <Default
          of={say.idle}
          is={say.idleDefault(choice.byDefault.minMinutes, choice.byDefault.maxMinutes)}
          choice={{
            chosen: choice.chosen,
            undo: () => {
              setDraft(null)
              choice.undo()
            },
          }}
        />
      )}
    </form>
  )
}

const asDraft = ({ minMinutes, maxMinutes }: IdleSetting): IdleDraft => ({ minMinutes: String(minMinutes), maxMinutes: String(maxMinutes) })
