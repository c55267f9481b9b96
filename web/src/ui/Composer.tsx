/** Where a message is written. Enter sends, Shift+Enter breaks the line, Escape stops the reply. */
import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useRef, useState } from 'react'
import { text } from '../text'
import styles from './Composer.module.css'
import { SendIcon, StopIcon } from './icons'

export interface ComposerHandle {
  focus: () => void
}

interface ComposerProps {
  ref: Ref<ComposerHandle>
  canStop: boolean
  /** Null when the message was taken; otherwise why not. */
  onSend: (message: string) => string | null
  onStop: () => void
}

export function Composer({ ref, canStop, onSend, onStop }: ComposerProps) {
  const [draft, setDraft] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const problemId = useId()
  const ready = draft.trim() !== ''
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }))

  const send = () => {
    if (!ready) return
    const refusal = onSend(draft.trim())
    setProblem(refusal)
    if (refusal === null) setDraft('')
    field.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter and Escape belong to the input method while it composes a syllable.
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape' && canStop) onStop()
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    send()
  }

  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {problem && (
        <p role="alert" id={problemId} className={styles.problem}>
          {problem}
        </p>
      )}
      <div className={styles.box}>
        <textarea
          ref={field}
          id="message"
          className={styles.field}
          // For browsers that do not size a field by its content yet.
          rows={Math.min(draft.split('\n').length, 8)}
          dir="auto"
          // This page has one thing to do.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          enterKeyHint="send"
          aria-label={text.composer.label}
          aria-describedby={problem ? problemId : undefined}
          aria-invalid={problem !== null}
          placeholder={text.composer.placeholder}
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value)
            setProblem(null)
          }}
          onKeyDown={onKeyDown}
        />
        {canStop && (
          <button type="button" className={styles.stop} aria-label={text.composer.stop} onClick={onStop}>
            <StopIcon />
          </button>
        )}
        {(ready || !canStop) && (
          <button type="submit" className={styles.send} aria-label={text.composer.send} disabled={!ready}>
            <SendIcon />
          </button>
        )}
      </div>
      <p className={styles.hint}>{text.composer.hint}</p>
    </form>
  )
}
