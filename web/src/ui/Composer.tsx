/** Where a message is written. Enter sends, Shift+Enter breaks the line, Escape stops the reply. */
import { type KeyboardEvent, type Ref, useCallback, useEffect, useId, useImperativeHandle, useRef, useState } from 'react'
import type { AttachedFile } from '../protocol'
import { text } from '../text'
import { DraftFiles } from './Attachments'
import styles from './Composer.module.css'
import { AttachIcon, SendIcon, StopIcon } from './icons'
import { useDroppedFiles, useUploads } from './useUploads'

export interface ComposerHandle {
  focus: () => void
}

interface ComposerProps {
  ref?: Ref<ComposerHandle>
  canStop: boolean
  online: boolean
  /** Null when the message was taken; otherwise why not. */
  onSend: (message: string, attachments: AttachedFile[]) => string | null
  onStop: () => void
}

export function Composer({ ref, canStop, online, onSend, onStop }: ComposerProps) {
  const [draft, setDraft] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  /** The person has sent it, and files are still on their way. */
  const [waits, setWaits] = useState(false)
  const { uploads, files } = useUploads(online)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const problemId = useId()
  const attach = useCallback((picked: readonly File[]) => setProblem(uploads.add(picked)), [uploads])
  const dropping = useDroppedFiles(attach)
  const ready = draft.trim() !== '' || files.length > 0
  const sending = files.some(({ state }) => state === 'sending')
  const failed = files.some(({ state }) => state === 'failed')
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }))

  const send = () => {
    if (!ready) return
    if (failed) return setProblem(text.attachments.failed)
    if (sending) return setWaits(true)
    const refusal = onSend(draft.trim(), files.length > 0 ? uploads.take() : [])
    setProblem(refusal)
    if (refusal === null) setDraft('')
    field.current?.focus()
  }

  useEffect(() => {
    if (!waits || (sending && !failed)) return
    setWaits(false)
    send()
    // Only what becomes of the files ends the waiting.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [waits, sending, failed])

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
      data-dropping={dropping}
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
      {files.length > 0 && <DraftFiles files={files} onRetry={(id) => uploads.retry(id)} onRemove={(id) => uploads.remove(id)} />}
      {waits && (
        <p role="status" className={styles.waits}>
          {text.attachments.waiting}
        </p>
      )}
      <div className={styles.box}>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={text.attachments.add}
          onChange={({ target }) => {
            attach([...(target.files ?? [])])
            // The same file may be picked again.
            target.value = ''
            field.current?.focus()
          }}
        />
        <button type="button" className={styles.attach} aria-label={text.attachments.add} title={text.attachments.add} onClick={() => picker.current?.click()}>
          <AttachIcon />
        </button>
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
          placeholder={dropping ? text.attachments.drop : text.composer.placeholder}
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value)
            setProblem(null)
          }}
          onPaste={(event) => {
            const pasted = [...event.clipboardData.files]
            if (pasted.length === 0) return
            event.preventDefault()
            attach(pasted)
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
