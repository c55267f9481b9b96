/** The turns, and a scroll position that follows them until the reader wants to stay. */
import { useEffect, useLayoutEffect, useState } from 'react'
import type { Chat } from '../chat/useChat'
import { useReadMark } from '../pages/useReadMark'
import { text } from '../text'
import { DownIcon } from './icons'
import { preloadMarkdown } from './LazyMarkdown'
import styles from './ThreadPane.module.css'
import { TurnItem } from './TurnItem'
import { useFollow } from './useFollow'
import { Waking } from './Waking'

interface ThreadPaneProps {
  chat: Chat
  /** The message whose words are in the message box. */
  editing: string | null
  onEdit: (messageId: string) => void
}

export function ThreadPane({ chat, editing, onEdit }: ThreadPaneProps) {
  const { view, agent } = chat
  const { pane, content, following, follow } = useFollow()
  useReadMark(view.conversationId, following && !view.loading)
  const count = view.turns.length
  useEffect(() => void preloadMarkdown(), [])
  // A message of one's own is always worth seeing.
  const newest = view.turns.at(-1)?.asked ? view.turns.at(-1)?.id : null
  useLayoutEffect(follow, [newest, follow])

  return (
    <div className={styles.frame}>
      {/* A region that scrolls has to be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section ref={pane} className={styles.pane} aria-label={text.thread.label} tabIndex={0}>
        <div ref={content} className={styles.content}>
          {view.loading && <p className={styles.note}>{text.thread.loading}</p>}
          {view.hasOlder && <Older load={chat.loadOlder} />}
          <ol className={styles.turns}>
            {view.turns.map((turn, index) => (
              <TurnItem key={turn.id} turn={turn} last={index === count - 1} editing={turn.id === editing} retry={chat.retry} edit={onEdit}>
                {turn.waking && <Waking agent={agent} />}
              </TurnItem>
            ))}
          </ol>
        </div>
      </section>
      {!following && (
        <button type="button" className={styles.latest} aria-label={text.thread.latest} onClick={follow}>
          <DownIcon />
        </button>
      )}
    </div>
  )
}

function Older({ load }: { load: () => Promise<void> }) {
  const [busy, setBusy] = useState(false)
  const go = async () => {
    setBusy(true)
    await load()
    setBusy(false)
  }
  return (
    <button type="button" className={styles.older} disabled={busy} onClick={() => void go()}>
      {text.thread.older}
    </button>
  )
}
