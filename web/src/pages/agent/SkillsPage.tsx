/** What the person taught their agent: shown, sent as files, written here, taken away. */
import { useCallback, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { words } from '../../text/pages'
import { fileSize } from '../../text/size'
import { PenIcon, UploadIcon } from '../../ui/icons'
import { Loading, Problem } from '../../ui/kit/Async'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { Confirm } from '../../ui/kit/Dialog'
import { useDroppedFiles } from '../../ui/useUploads'
import { NoSkills } from './skills/NoSkills'
import { Refusal } from './skills/Refusal'
import { SkillForm } from './skills/SkillForm'
import { SkillItem } from './skills/SkillItem'
import { SKILL_BYTES, SKILLS, skillType } from './skills/skillFile'
import styles from './skills/Skills.module.css'
import { useRemoveSkill, useSendSkill, useSkills } from './skills/useSkills'

const { skills: text, common } = words

export function SkillsPage() {
  const { data, error, refetch } = useSkills()
  const [writing, setWriting] = useState(false)
  const [leaving, setLeaving] = useState<string | null>(null)
  const [refused, setRefused] = useState<{ name: string; why: string } | null>(null)
  const picker = useRef<HTMLInputElement>(null)
  const write = useRef<HTMLButtonElement>(null)
  const sending = useSendSkill()
  const removing = useRemoveSkill(() => setLeaving(null))
  const { run, busy, forget } = sending

  const take = useCallback(
    (files: readonly File[]) => {
      const [file] = files
      if (!file || busy) return
      forget()
      const type = skillType(file.name)
      const why =
        files.length > 1
          ? text.oneByOne
          : type === null
            ? text.notASkill(file.name)
            : file.size > SKILL_BYTES
              ? text.tooLarge(file.name, fileSize(file.size), fileSize(SKILL_BYTES))
              : null
      setRefused(why === null ? null : { name: file.name, why })
      if (why === null && type !== null) run({ name: file.name, type, content: file })
    },
    [busy, forget, run],
  )
  const dropping = useDroppedFiles(take)
  const sent = sending.argument
  const skills = data?.skills ?? []

  /** Who comes back from the form finds the focus where it began. */
  const close = () => {
    flushSync(() => setWriting(false))
    write.current?.focus()
  }

  if (writing) return <SkillForm known={skills} start={{ name: '', description: '', instructions: '' }} onClose={close} />
  return (
    <Card
      title={text.title}
      about={text.about}
      actions={
        <>
          <Button ref={write} onClick={() => setWriting(true)}>
            <PenIcon />
            {text.write}
          </Button>
          <Button tone="primary" busy={busy} onClick={() => picker.current?.click()}>
            <UploadIcon />
            {text.send}
          </Button>
        </>
      }
    >
      <input
        ref={picker}
        type="file"
        accept=".zip,.skill,.md,.markdown"
        hidden
        aria-label={text.send}
        onChange={({ target }) => {
          take([...(target.files ?? [])])
          // The same file may be picked again, mended.
          target.value = ''
        }}
      />
      <p className={styles.takes} data-dropping={dropping}>
        {dropping ? text.drop : text.takes}
      </p>
      {skills.length >= SKILLS && <p className={styles.facts}>{text.tooMany(SKILLS)}</p>}
      {busy && sent && (
        <p className={styles.sending} role="status">
          <span dir="auto">{text.sending(sent.name)}</span>
          <progress className={styles.progress} aria-label={text.sending(sent.name)} />
        </p>
      )}
      {refused && <Refusal {...refused} onDismiss={() => setRefused(null)} />}
      {sending.problem && sent && <Refusal name={sent.name} why={sending.problem} onRetry={() => run(sent)} onDismiss={forget} />}
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading label={text.loading} />}
      {data && skills.length === 0 && <NoSkills />}
      {skills.length > 0 && (
        <ul className={styles.list} aria-label={text.list}>
          {skills.map((skill) => (
            <SkillItem key={skill.name} skill={skill} onRemove={() => setLeaving(skill.name)} />
          ))}
        </ul>
      )}
      <Confirm
        open={leaving !== null}
        title={text.removeTitle(leaving ?? '')}
        action={text.removeAction}
        cancel={common.cancel}
        busy={removing.busy}
        onConfirm={() => leaving && removing.run(leaving)}
        onClose={() => setLeaving(null)}
      >
        <p>{text.removeBody}</p>
        {removing.problem && <p role="alert">{removing.problem}</p>}
      </Confirm>
    </Card>
  )
}
