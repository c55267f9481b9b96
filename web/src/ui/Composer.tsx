/**
 * Where a message is written. Enter sends, Shift+Enter breaks the line, Escape leaves the message that is
 * edited or else stops the reply, and the arrow up in an empty box edits the last message.
 */
import { type KeyboardEvent, type Ref, useEffect, useId, useImperativeHandle, useRef } from 'react'
import { text } from '../text'
import { DraftFiles } from './Attachments'
import styles from './Composer.module.css'
import { AttachIcon, PenIcon, SendIcon, StopIcon } from './icons'
import { useDroppedFiles } from './useUploads'
import { type Send, useWriting } from './useWriting'

export interface ComposerHandle {
  focus: () => void
}

interface ComposerProps {
  ref?: Ref<ComposerHandle>
  conversationId: string
  canStop: boolean
  online: boolean
  onSend: Send
  onStop: () => void
  onEditLast: () => void
}

export function Composer({ ref, conversationId, canStop, online, onSend, onStop, onEditLast }: ComposerProps) {
  const writing = useWriting(conversationId, online, onSend)
  const { written, editing, files, uploads, attach, problem, waits, ready } = writing
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const aboutId = useId()
  const dropping = useDroppedFiles(attach)
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }))

  const send = () => {
    writing.send()
    field.current?.focus()
  }

  // Words that were put here from elsewhere are gone on with at their end.
  useEffect(() => {
    const box = field.current
    if (editing !== null) box?.setSelectionRange(box.value.length, box.value.length)
  }, [editing])

  const leave = () => {
    writing.leave()
    field.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter, Escape and the arrows belong to the input method while it composes a syllable.
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') {
      if (editing !== null) leave()
      else if (canStop) onStop()
    }
    if (event.key === 'ArrowUp' && written === '' && files.length === 0 && editing === null) {
      event.preventDefault()
      onEditLast()
    }
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
      <div id={aboutId} className={styles.about}>
        {problem && (
          <p role="alert" className={styles.problem}>
            {problem}
          </p>
        )}
        {editing !== null && <Editing onLeave={leave} />}
      </div>
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
          rows={Math.min(written.split('\n').length, 8)}
          dir="auto"
          // This page has one thing to do.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          enterKeyHint="send"
          aria-label={text.composer.label}
          aria-describedby={aboutId}
          aria-invalid={problem !== null}
          placeholder={dropping ? text.attachments.drop : text.composer.placeholder}
          value={written}
          onChange={(event) => writing.write(event.target.value)}
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

function Editing({ onLeave }: { onLeave: () => void }) {
  return (
    <div className={styles.editing}>
      <PenIcon />
      <p>{text.composer.editing}</p>
      <button type="button" onClick={onLeave}>
        {text.composer.leaveEditing}
      </button>
    </div>
  )
}
