/** One conversation. */
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useRef } from 'react'
import { useApp } from '../app/context'
import { useSession } from '../auth/useSession'
import { type Chat, useChat, useDraft } from '../chat/useChat'
import { text } from '../text'
import { Announcer } from '../ui/Announcer'
import { Banner } from '../ui/Banner'
import { Composer, type ComposerHandle } from '../ui/Composer'
import { Header } from '../ui/Header'
import { ThreadPane } from '../ui/ThreadPane'
import type { Send } from '../ui/useWriting'
import styles from './ChatPage.module.css'
import { EmptyChat } from './welcome/EmptyChat'
import { useTitle } from './useConversations'

interface ChatPageProps {
  conversationId: string
  /** The place of a message that was found, and its id where it is known. */
  at: string | null
  found: string | null
}

export function ChatPage({ conversationId, at, found }: ChatPageProps) {
  const { config } = useApp()
  const chat = useChat(conversationId, at)
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
  const navigate = useNavigate()
  const toLatest = () => void navigate({ to: '/c/$conversationId', params: { conversationId }, search: {}, replace: true })
  const send: Send = (message, attachments, insteadOf) => {
    const refusal = chat.say(message, attachments, insteadOf)
    if (refusal === null && at !== null) toLatest()
    return refusal
  }
  const editLast = () => {
    const last = view.turns.findLast(({ asked }) => asked !== null)
    if (last?.edit) edit(last.id)
  }

  return (
    <main className={styles.main}>
      <Header title={title} state={chat.state} />
      <Banners chat={chat} demo={config.demo} />
      {view.empty ? (
        <EmptyChat
          state={chat.state}
          suggestions={config.demo ? text.empty.demoSuggestions : text.empty.suggestions}
          onPick={(suggestion) => {
            void chat.say(suggestion)
            composer.current?.focus()
          }}
        />
      ) : (
        <ThreadPane
          key={`${conversationId} ${at ?? ''}`}
          chat={chat}
          editing={editing}
          onEdit={onEdit}
          visiting={at !== null}
          found={found}
          onLatest={toLatest}
        />
      )}
      <Composer
        key={`composer ${conversationId}`}
        ref={composer}
        conversationId={conversationId}
        canStop={view.stoppable !== null}
        online={chat.link === 'open'}
        onSend={send}
        onStop={chat.stop}
        onEditLast={editLast}
      />
      <Announcer key={`announcer ${conversationId}`} words={view.announcement} />
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
