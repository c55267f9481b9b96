/** The list of conversations, page by page, as the sidebar, the search and the titles read it. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { answer, type Rest } from '../api/client'
import { useApp } from '../app/context'
import { useShell } from '../app/shell'
import type { ConversationsPage, ConversationSummary } from '../protocol'
import { text } from '../text'

export interface Conversations {
  list: ConversationSummary[]
  /** When it was like that. */
  readAt: number
  /** The first page is still to come. */
  loading: boolean
  failed: boolean
  /** There are more, and whether they are on their way. */
  hasMore: boolean
  loadingMore: boolean
  moreFailed: boolean
  more: () => void
  retry: () => void
}

/** A title that is not on the first pages is looked for on so many. */
const PAGES_FOR_A_TITLE = 6

export const conversationsQuery = (rest: Rest) =>
  infiniteQueryOptions({
    queryKey: ['conversations', 'list'],
    queryFn: ({ pageParam, signal }) =>
      answer(rest.GET('/conversations', { params: { query: { limit: 50, ...(pageParam && { before: pageParam }) } }, signal })),
    initialPageParam: '',
    getNextPageParam: ({ before }) => before,
  })

/** What the page knows before the server has said so. */
export function changeListed(queries: QueryClient, id: string, change: Partial<ConversationSummary>): void {
  queries.setQueryData<InfiniteData<ConversationsPage>>(['conversations', 'list'], (data) => {
    if (!data) return data
    const pages = data.pages.map((page) => ({
      ...page,
      conversations: page.conversations.map((one) => (one.conversationId === id ? Object.assign({}, one, change) : one)),
    }))
    return { ...data, pages }
  })
}

const useList = () => useInfiniteQuery(conversationsQuery(useApp().rest))

/** One that waits for an answer stands on the first page, and may come again where it stood before. */
export function unique(pages: readonly { conversations: ConversationSummary[] }[]): ConversationSummary[] {
  const seen = new Set<string>()
  return pages.flatMap(({ conversations }) => conversations).filter(({ conversationId: id }) => !seen.has(id) && seen.add(id))
}

/** The server's list, with the conversation on screen in it even before its first message. */
export function useConversations(current: string | null): Conversations {
  const query = useList()
  const { reading } = useShell()
  const known = unique(query.data?.pages ?? []).map((one) => titled(one.conversationId === reading ? { ...one, unread: false } : one))
  const isListed = current === null || known.some((one) => one.conversationId === current)
  const list = isListed || !query.data ? known : [titled({ ...NEW, conversationId: current }), ...known]
  return {
    list,
    readAt: query.dataUpdatedAt,
    loading: query.isPending,
    failed: query.isError && !query.data,
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    moreFailed: query.isFetchNextPageError,
    more: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  }
}

const NEW: ConversationSummary = { conversationId: '', title: '', lastActivityAt: 0, channels: [], unread: false }

/** How many have news, except the one that is being read. */
export function useUnreadCount(): number {
  const { data } = useList()
  const { reading } = useShell()
  return unique(data?.pages ?? []).filter(({ unread, conversationId }) => unread && conversationId !== reading).length
}

/** The time of what is new in a conversation, or null: nothing is. */
export function useLastUnread(conversationId: string): number | null {
  const { data } = useList()
  const found = unique(data?.pages ?? []).find((one) => one.conversationId === conversationId)
  return found?.unread ? found.lastActivityAt : null
}

/** Of one that was spoken in, also when it stands far down the list. */
export function useTitle(conversationId: string, spokenIn: boolean): string {
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = useList()
  const found = unique(data?.pages ?? []).find((one) => one.conversationId === conversationId)
  const lookFurther = spokenIn && !found && hasNextPage && !isFetching && !isError && (data?.pages.length ?? 0) < PAGES_FOR_A_TITLE
  useEffect(() => void (lookFurther && fetchNextPage()), [lookFurther, fetchNextPage])
  return titleOf(found ?? { conversationId, title: '' })
}

export const titleOf = ({ conversationId, title }: Pick<ConversationSummary, 'conversationId' | 'title'>): string =>
  title || (conversationId === 'default' ? text.nav.main : text.nav.untitled)

const titled = (conversation: ConversationSummary): ConversationSummary => ({ ...conversation, title: titleOf(conversation) })
