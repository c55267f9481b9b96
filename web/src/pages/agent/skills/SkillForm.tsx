/** A skill for those who have no file: three fields become a SKILL.md. */
import { useEffect, useRef, useState } from 'react'
import type { SkillSummary } from '../../../protocol'
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { TextArea, TextField } from '../../../ui/kit/Field'
import { Refusal } from './Refusal'
import { DESCRIPTION_CHARS, isDescription, isSkillName, skillDocument, type WrittenSkill } from './skillFile'
import styles from './Skills.module.css'
import { useSendSkill } from './useSkills'

const { skills, common } = words
const { form: text } = skills

interface SkillFormProps {
  known: readonly SkillSummary[]
  start: WrittenSkill
  onClose: () => void
}

export function SkillForm({ known, start, onClose }: SkillFormProps) {
  const [draft, setDraft] = useState(start)
  const [checked, setChecked] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const { run, busy, problem, forget } = useSendSkill(onClose)
  useEffect(() => field.current?.focus(), [])

  const change = (part: Partial<WrittenSkill>) => setDraft({ ...draft, ...part })
  const wrong = {
    name: isSkillName(draft.name) ? null : text.nameProblem,
    description: isDescription(draft.description) ? null : text.descriptionProblem(DESCRIPTION_CHARS.toLocaleString(locale)),
    instructions: draft.instructions.trim() ? null : text.instructionsProblem,
  }
  const replaces = known.some(({ name }) => name === draft.name)

  const save = () => {
    setChecked(true)
    if (Object.values(wrong).some((one) => one !== null)) return
    run({ name: draft.name, type: 'text/markdown', content: new Blob([skillDocument(draft)]) })
  }

  return (
    <Card title={text.title} about={text.about}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextField
          ref={field}
          label={text.name}
          hint={replaces ? text.replaces(draft.name) : text.nameHint}
          problem={checked ? wrong.name : null}
          value={draft.name}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => change({ name: target.value.toLowerCase().replaceAll(' ', '-') })}
        />
        <TextArea
          label={text.description}
          hint={text.descriptionHint}
          problem={checked ? wrong.description : null}
          rows={2}
          value={draft.description}
          onChange={({ target }) => change({ description: target.value })}
        />
        <TextArea
          label={text.instructions}
          hint={text.instructionsHint}
          problem={checked ? wrong.instructions : null}
          rows={8}
          style={{ minHeight: '12rem' }}
          value={draft.instructions}
          onChange={({ target }) => change({ instructions: target.value })}
        />
        {problem && <Refusal name={draft.name} why={problem} onDismiss={forget} />}
        <div className={styles.buttons}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" busy={busy}>
            {replaces ? text.replace : text.save}
          </Button>
        </div>
      </form>
    </Card>
  )
}
