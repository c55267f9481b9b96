import { useQuery } from '@tanstack/react-query'
import { useApp } from '../app/context'
import type { ConversationSummary } from '../protocol'
import { text } from '../text'

export interface Conversations {
  list: ConversationSummary[]
  failed: boolean
}

const useList = () => {
  const { api } = useApp()
  return useQuery({ queryKey: ['conversations'], queryFn: () => api.conversations() })
}

/** The server's list, with the conversation on screen in it even before its first message. */
export function useConversations(current: string | null): Conversations {
  const { data, isError } = useList()
  const known = (data?.conversations ?? []).map(titled)
  const isListed = current === null || known.some((one) => one.conversationId === current)
  const list = isListed || !data ? known : [titled({ conversationId: current, title: '', lastActivityAt: 0 }), ...known]
  return { list, failed: isError && !data }
}

export function useTitle(conversationId: string): string {
  const { data } = useList()
  return data?.conversations.find((one) => one.conversationId === conversationId)?.title || fallbackTitle(conversationId)
}

const titled = ({ conversationId, title, lastActivityAt }: ConversationSummary): ConversationSummary => ({
  conversationId,
  title: title || fallbackTitle(conversationId),
  lastActivityAt,
})

const fallbackTitle = (id: string): string => (id === 'default' ? text.nav.main : text.nav.untitled)
