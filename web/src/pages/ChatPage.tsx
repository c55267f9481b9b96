/** One conversation. */
import { useApp } from '../app/context'
import { useSession } from '../auth/useSession'
import { useChat } from '../chat/useChat'
import { text } from '../text'
import { Banner } from '../ui/Banner'
import { Composer } from '../ui/Composer'
import { EmptyState } from '../ui/EmptyState'
import { Header } from '../ui/Header'
import { ThreadPane } from '../ui/ThreadPane'
import styles from './ChatPage.module.css'
import { useTitle } from './useConversations'

export function ChatPage({ conversationId }: { conversationId: string }) {
  const { config } = useApp()
  const { signIn } = useSession()
  const chat = useChat(conversationId)
  const title = useTitle(conversationId)
  const { view, link } = chat

  return (
    <main className={styles.main}>
      <Header title={title} state={chat.state} />
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
        canStop={view.stoppable !== null}
        online={link === 'open'}
        onSend={chat.say}
        onStop={chat.stop}
      />
      <p className="visually-hidden" role="status" aria-live="polite">
        {view.announcement}
      </p>
    </main>
  )
}
