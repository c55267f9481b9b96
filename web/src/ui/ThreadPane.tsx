/** The turns, and a scroll position that follows them until the reader wants to stay. */
import { useEffect, useLayoutEffect, useRef } from 'react'
import type { Chat } from '../chat/useChat'
import { useReadMark } from '../pages/useReadMark'
import { text } from '../text'
import { DownIcon } from './icons'
import { preloadMarkdown } from './LazyMarkdown'
import { MorePages } from './MorePages'
import styles from './ThreadPane.module.css'
import { TurnItem } from './TurnItem'
import { useFollow } from './useFollow'
import { Waking } from './Waking'

interface ThreadPaneProps {
  chat: Chat
  /** The message whose words are in the message box. */
  editing: string | null
  onEdit: (messageId: string) => void
  /** Whether a message was looked for, and which, if that is known. */
  visiting: boolean
  found: string | null
  onLatest: () => void
}

export function ThreadPane({ chat, editing, onEdit, visiting, found, onLatest }: ThreadPaneProps) {
  const { view, agent } = chat
  const { turns, hasLater } = view
  const { pane, content, following, follow, show } = useFollow(!hasLater, !visiting, turns[0]?.id)
  useReadMark(view.conversationId, following && !view.loading)
  useEffect(() => void preloadMarkdown(), [])

  // A message of one's own is always worth seeing.
  const last = turns.at(-1)
  const newest = !hasLater && last?.asked && last.edit !== 'askAnew' ? last.id : null
  useLayoutEffect(() => {
    if (newest !== null) follow()
  }, [newest, follow])

  // Without its id, what was looked for is in the middle of its page.
  const target = visiting ? (found ?? turns[Math.floor(turns.length / 2)]?.id) : undefined
  const isThere = turns.some(({ id }) => id === target)
  const shown = useRef(false)
  useLayoutEffect(() => {
    const element = isThere && target !== undefined ? pane.current?.querySelector<HTMLElement>(`[data-turn="${CSS.escape(target)}"]`) : null
    if (!element || shown.current) return
    shown.current = true
    element.focus({ preventScroll: true })
    show(element)
  }, [isThere, target, pane, show])

  return (
    <div className={styles.frame}>
      {/* A region that scrolls has to be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section ref={pane} className={styles.pane} aria-label={text.thread.label} tabIndex={0} data-pane>
        <div ref={content} className={styles.content}>
          {view.loading && <p className={styles.note}>{text.thread.loading}</p>}
          {view.hasOlder && <MorePages label={text.thread.older} load={chat.loadOlder} />}
          <ol className={styles.turns}>
            {turns.map((turn) => (
              <TurnItem
                key={turn.id}
                turn={turn}
                last={turn === last}
                editing={turn.id === editing}
                found={turn.id === found}
                retry={chat.retry}
                edit={onEdit}
              >
                {turn.waking && <Waking agent={agent} />}
              </TurnItem>
            ))}
          </ol>
          {hasLater && <MorePages label={text.thread.later} load={chat.loadLater} />}
        </div>
      </section>
      {!view.loading && !following && (
        <button type="button" className={styles.latest} aria-label={text.thread.latest} onClick={hasLater ? onLatest : follow}>
          <DownIcon />
        </button>
      )}
    </div>
  )
}
