/** The conversations by day. The end of the list asks for what comes after it when it comes into sight. */
import { Link } from '@tanstack/react-router'
import { Suspense, useEffect, useRef, useState } from 'react'
import { useConversations } from '../pages/useConversations'
import type { ConversationSummary } from '../protocol'
import { text } from '../text'
import { ClockIcon, MoreIcon, PlaneIcon } from './icons'
import styles from './SidebarList.module.css'
import { grouped } from './SidebarGroups'
import { soon } from './soon'
import { fullTime, shortDate } from './time'

const SidebarDeeds = soon(async () => ({ default: (await import('./SidebarDeeds')).SidebarDeeds }))

interface ListProps {
  current: string | null
  onPicked: () => void
}

/** The conversation whose menu is open, and the button it hangs on. */
interface Asked {
  conversation: ConversationSummary
  button: HTMLButtonElement
}

export function SidebarList({ current, onPicked }: ListProps) {
  const { list, readAt, loading, failed, retry, ...rest } = useConversations(current)
  const [asked, setAsked] = useState<Asked | null>(null)

  if (failed) return <Failure sentence={text.nav.failed} retry={retry} />
  if (loading) return <Bones />
  if (list.length === 0) return <p className={styles.note}>{text.nav.empty}</p>
  return (
    <>
      {grouped(list, readAt).map(({ group, list: conversations }) => (
        <section key={group} className={styles.group} aria-label={text.nav.groups[group]}>
          <h2 className={styles.heading}>{text.nav.groups[group]}</h2>
          <ul className={styles.list}>
            {conversations.map((conversation) => (
              <Row
                key={conversation.conversationId}
                conversation={conversation}
                isCurrent={conversation.conversationId === current}
                onPicked={onPicked}
                onMenu={(button) => setAsked({ conversation, button })}
                isMenuOpen={asked?.conversation.conversationId === conversation.conversationId}
              />
            ))}
          </ul>
        </section>
      ))}
      <End {...rest} />
      {asked && (
        <Suspense>
          <SidebarDeeds key={asked.conversation.conversationId} {...asked} current={current} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </>
  )
}

interface RowProps {
  conversation: ConversationSummary
  isCurrent: boolean
  isMenuOpen: boolean
  onPicked: () => void
  onMenu: (button: HTMLButtonElement) => void
}

function Row({ conversation, isCurrent, isMenuOpen, onPicked, onMenu }: RowProps) {
  const { conversationId, title, lastActivityAt, channels, unread } = conversation
  return (
    <li className={styles.row} data-unread={unread} data-open={isMenuOpen}>
      <Link
        to="/c/$conversationId"
        params={{ conversationId }}
        className={styles.item}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={onPicked}
      >
        <span className={styles.title} dir="auto">
          {title}
        </span>
        {unread && (
          <span className={styles.unread}>
            <span className="visually-hidden">{text.nav.unread}</span>
          </span>
        )}
        {channels.includes('telegram') && <Badge icon={<PlaneIcon />} label={text.nav.channels.telegram} />}
        {channels.includes('schedule') && <Badge icon={<ClockIcon />} label={text.nav.channels.schedule} />}
        {lastActivityAt > 0 && (
          <time className={styles.when} dateTime={new Date(lastActivityAt).toISOString()} title={fullTime(lastActivityAt)}>
            {shortDate(lastActivityAt)}
          </time>
        )}
      </Link>
      {/* One that nothing was ever said in is not on the server yet. */}
      {lastActivityAt > 0 && (
        <button
          type="button"
          className={styles.more}
          aria-label={text.nav.more(title)}
          aria-haspopup="menu"
          aria-expanded={isMenuOpen}
          onClick={(event) => onMenu(event.currentTarget)}
        >
          <MoreIcon />
        </button>
      )}
    </li>
  )
}

const Badge = ({ icon, label }: { icon: React.ReactNode; label: string }) => (
  <span className={styles.badge} title={label}>
    {icon}
    <span className="visually-hidden">{label}</span>
  </span>
)

type EndProps = Pick<ReturnType<typeof useConversations>, 'hasMore' | 'loadingMore' | 'moreFailed' | 'more'>

function End({ hasMore, loadingMore, moreFailed, more }: EndProps) {
  const ref = useRef<HTMLDivElement>(null)
  const wanted = hasMore && !loadingMore && !moreFailed
  const ask = useRef(more)
  useEffect(() => {
    ask.current = more
  })

  useEffect(() => {
    if (!wanted || !ref.current) return
    // A screen ahead of the reader.
    const near = new IntersectionObserver((seen) => seen.some(({ isIntersecting }) => isIntersecting) && ask.current(), { rootMargin: '400px' })
    near.observe(ref.current)
    return () => near.disconnect()
  }, [wanted])

  if (moreFailed) return <Failure sentence={text.nav.moreFailed} retry={more} />
  if (!hasMore) return null
  return (
    <div ref={ref} className={styles.note} role="status">
      {loadingMore && text.nav.loadingMore}
    </div>
  )
}

const Failure = ({ sentence, retry }: { sentence: string; retry: () => void }) => (
  <div className={styles.note} role="alert">
    <p>{sentence}</p>
    <button type="button" className={styles.retry} onClick={retry}>
      {text.thread.reload}
    </button>
  </div>
)

/** They hold the place of rows that are on their way. */
const Bones = () => (
  <div role="status">
    <span className="visually-hidden">{text.nav.loading}</span>
    {[70, 55, 80].map((width) => (
      <span key={width} className={styles.bone} style={{ inlineSize: `${width}%` }} />
    ))}
  </div>
)
