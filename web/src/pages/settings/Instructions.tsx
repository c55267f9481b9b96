/** What the agent is told of itself. Written at length, so it is saved on purpose, and kept until then. */
import { useRef, useState } from 'react'
import { useSession } from '../../auth/useSession'
import { utf8Bytes } from '../../chat/limits'
import type { SettingsPage } from '../../protocol'
import { locale } from '../../text/language'
import { words } from '../../text/pages'
import { Button } from '../../ui/kit/Button'
import { TextArea } from '../../ui/kit/Field'
import { Default } from './Default'
import styles from './Settings.module.css'
import { useChoice } from './useChoice'

/** The server's `INSTRUCTIONS_MAX_BYTES`. */
const MOST_BYTES = 8192

const say = words.settings.answers
const number = new Intl.NumberFormat(locale)

export function Instructions({ page }: { page: SettingsPage }) {
  const choice = useChoice('instructions', page, words.settings.chosen)
  const saved = choice.value ?? ''
  const { subject } = useSession()
  // Of this tab and this person: a reload or another page takes nothing away, and nobody reads another's.
  const key = `openclaw.instructions.${subject() ?? ''}`
  const [draft, setDraft] = useState(() => sessionStorage.getItem(key))
  const written = draft ?? saved
  const dirty = written !== saved
  const field = useRef<HTMLTextAreaElement>(null)
  const over = utf8Bytes(written) - MOST_BYTES
  const blank = dirty && written.trim() === ''

  const keep = (next: string | null) => {
    setDraft(next)
    if (next === null) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, next)
  }

  const save = () => {
    if (over > 0 || blank) field.current?.focus()
    else choice.choose(written, () => keep(null))
  }

  return (
    <div className={styles.choice}>
      <TextArea
        ref={field}
        label={say.instructions}
        hint={say.instructionsHint}
        placeholder={say.instructionsPlaceholder}
        problem={over > 0 ? say.tooLong(number.format(over), over) : blank ? say.blank : choice.problem}
        rows={6}
        value={written}
        onChange={({ target }) => keep(target.value)}
      />
      <div className={styles.foot}>
        <span className={styles.count} data-over={over > 0}>
          {say.bytes(number.format(utf8Bytes(written)), number.format(MOST_BYTES))}
        </span>
        {dirty && <span className={styles.hint}>{say.unsaved}</span>}
        <span className={styles.deeds}>
          {dirty && (
            <Button tone="quiet" onClick={() => keep(null)}>
              {say.discard}
            </Button>
          )}
          <Button tone={dirty ? 'primary' : 'plain'} busy={choice.busy} disabled={!dirty || over > 0 || blank} onClick={save}>
            {words.common.save}
          </Button>
        </span>
      </div>
      <Default
        of={say.instructions}
        is={say.instructionsDefault}
        choice={{
          chosen: choice.chosen,
          undo: () => {
            keep(null)
            choice.undo()
          },
        }}
      />
    </div>
  )
}
