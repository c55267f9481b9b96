/** One conversation, with the list of the others beside it. */
import { useRef, useState } from 'react'
import { useApp } from '../app/context'
import { useSession } from '../auth/useSession'
import { useChat } from '../chat/useChat'
import { text } from '../text'
import { Banner } from '../ui/Banner'
import { Composer, type ComposerHandle } from '../ui/Composer'
import { EmptyState } from '../ui/EmptyState'
import { Header } from '../ui/Header'
import { Sidebar } from '../ui/Sidebar'
import { ThreadPane } from '../ui/ThreadPane'
import styles from './ChatPage.module.css'
import { useConversations } from './useConversations'

export function ChatPage({ conversationId }: { conversationId: string }) {
  const { config } = useApp()
  const { signIn } = useSession()
  const chat = useChat(conversationId)
  const conversations = useConversations(conversationId)
  const [listOpen, setListOpen] = useState(false)
  const composer = useRef<ComposerHandle>(null)
  const { view, link } = chat

  return (
    <div className={styles.page}>
      <a className="skip" href="#message">
        {text.nav.skip}
      </a>
      <Sidebar
        conversations={conversations}
        current={conversationId}
        open={listOpen}
        onClose={() => setListOpen(false)}
        onPicked={() => {
          setListOpen(false)
          composer.current?.focus()
        }}
      />
      <main className={styles.main}>
        <Header title={conversations.title} state={chat.state} onMenu={() => setListOpen(true)} />
        <div className={styles.banners}>
          {config.demo && <Banner tone="info">{text.demo}</Banner>}
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
        {view.empty ? (
          <EmptyState
            state={chat.state}
            suggestions={config.demo ? text.empty.demoSuggestions : text.empty.suggestions}
            onPick={(suggestion) => void chat.say(suggestion)}
          />
        ) : (
          <ThreadPane key={conversationId} chat={chat} />
        )}
        <Composer
          key={`composer ${conversationId}`}
          ref={composer}
          canStop={view.stoppable !== null}
          online={link === 'open'}
          onSend={chat.say}
          onStop={chat.stop}
        />
        <p className="visually-hidden" role="status" aria-live="polite">
          {view.announcement}
        </p>
      </main>
    </div>
  )
}
