/** The message box without its looks: the draft, its files, and what sending them takes. */
import { useCallback, useEffect, useState } from 'react'
import { useDraft } from '../chat/useChat'
import type { AttachedFile } from '../protocol'
import { text } from '../text'
import { useUploads } from './useUploads'

/** Null when the message was taken; otherwise why not. */
export type Send = (message: string, attachments: AttachedFile[], insteadOf: string | null) => string | null

export function useWriting(conversationId: string, online: boolean, onSend: Send) {
  const { draft, view } = useDraft(conversationId)
  const { uploads, editing, text: written } = view
  const files = useUploads(uploads, online)
  const [problem, setProblem] = useState<string | null>(null)
  /** The person has sent it, and files are still on their way. */
  const [waits, setWaits] = useState(false)
  const attach = useCallback((picked: readonly File[]) => setProblem(uploads.add(picked)), [uploads])
  const ready = written.trim() !== '' || files.length > 0
  const sending = files.some(({ state }) => state === 'sending')
  const failed = files.some(({ state }) => state === 'failed')

  const send = () => {
    if (!ready) return
    if (failed) return setProblem(text.attachments.failed)
    if (sending) return setWaits(true)
    const refusal = onSend(written.trim(), uploads.sent(), editing)
    setProblem(refusal)
    if (refusal === null) draft.done()
  }

  useEffect(() => {
    if (!waits || (sending && !failed)) return
    setWaits(false)
    send()
    // Only what becomes of the files ends the waiting.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [waits, sending, failed])

  // What was said about one message is not about the next.
  useEffect(() => {
    setProblem(null)
    setWaits(false)
  }, [editing])

  const write = (value: string) => {
    draft.write(value)
    setProblem(null)
  }

  const leave = () => draft.done()

  return { written, write, editing, leave, uploads, files, attach, problem, waits, ready, send }
}
