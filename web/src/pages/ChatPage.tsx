/** One conversation. */
import { useCallback, useRef } from 'react'
import { useApp } from '../app/context'
import { useSession } from '../auth/useSession'
import { type Chat, useChat, useDraft } from '../chat/useChat'
import { text } from '../text'
import { Banner } from '../ui/Banner'
import { Composer, type ComposerHandle } from '../ui/Composer'
import { EmptyState } from '../ui/EmptyState'
import { Header } from '../ui/Header'
import { ThreadPane } from '../ui/ThreadPane'
import styles from './ChatPage.module.css'
import { useTitle } from './useConversations'

export function ChatPage({ conversationId }: { conversationId: string }) {
  const { config } = useApp()
  const chat = useChat(conversationId)
  const { view, edit } = chat
  const title = useTitle(conversationId, view.turns.length > 0)
  const { editing } = useDraft(conversationId).view
  const composer = useRef<ComposerHandle>(null)

  const onEdit = useCallback(
    (messageId: string) => {
      edit(messageId)
      composer.current?.focus()
    },
    [edit],
  )
  const editLast = () => {
    const last = view.turns.findLast(({ asked }) => asked !== null)
    if (last?.edit) edit(last.id)
  }

  return (
    <main className={styles.main}>
      <Header title={title} state={chat.state} />
      <Banners chat={chat} demo={config.demo} />
      {view.empty ? (
        <EmptyState
          state={chat.state}
          suggestions={config.demo ? text.empty.demoSuggestions : text.empty.suggestions}
          onPick={(suggestion) => void chat.say(suggestion)}
        />
      ) : (
        <ThreadPane key={conversationId} chat={chat} editing={editing} onEdit={onEdit} />
      )}
      <Composer
        key={`composer ${conversationId}`}
        ref={composer}
        conversationId={conversationId}
        canStop={view.stoppable !== null}
        online={chat.link === 'open'}
        onSend={chat.say}
        onStop={chat.stop}
        onEditLast={editLast}
      />
      <p className="visually-hidden" role="status" aria-live="polite">
        {view.announcement}
      </p>
    </main>
  )
}

function Banners({ chat, demo }: { chat: Chat; demo: boolean }) {
  const { signIn } = useSession()
  const { view, link } = chat
  return (
    <div className={styles.banners}>
      {demo && <Banner tone="info">{text.demo}</Banner>}
      {link === 'waiting' && (
        <Banner tone="warn" role="status" action={{ label: text.link.retry, run: chat.retryConnection }}>
          {text.link.reconnecting}
        </Banner>
      )}
      {link === 'signedOut' && (
        <Banner tone="warn" role="alert" action={{ label: text.link.signIn, run: () => void signIn() }}>
          {text.link.signedOut}
        </Banner>
      )}
      {view.notice && (
        <Banner tone="error" role="alert" action={{ label: text.thread.reload, run: chat.reload }} onDismiss={chat.dismiss}>
          {view.notice.message}
        </Banner>
      )}
    </div>
  )
}
