import { useQuery } from '@tanstack/react-query'
import { useApp } from '../app/context'
import type { ConversationSummary } from '../protocol'
import { text } from '../text'

export interface Conversations {
  list: ConversationSummary[]
  title: string
  failed: boolean
}

/** The server's list, with the conversation on screen in it even before its first message. */
export function useConversations(current: string): Conversations {
  const { api } = useApp()
  const { data, isError } = useQuery({ queryKey: ['conversations'], queryFn: () => api.conversations() })
  const known = (data?.conversations ?? []).map(titled)
  const here = known.find((one) => one.conversationId === current)
  const title = here?.title ?? fallbackTitle(current)
  const list = here || !data ? known : [{ conversationId: current, title, lastActivityAt: 0 }, ...known]
  return { list, title, failed: isError && !data }
}

const titled = ({ conversationId, title, lastActivityAt }: ConversationSummary): ConversationSummary => ({
  conversationId,
  title: title || fallbackTitle(conversationId),
  lastActivityAt,
})

const fallbackTitle = (id: string): string => (id === 'default' ? text.nav.main : text.nav.untitled)
