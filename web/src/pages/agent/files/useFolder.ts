/** A folder of the workspace, by the page. It is read anew when the agent wakes or goes to sleep. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { answer, type Rest } from '../../../api/client'
import { processServerError } from '../../../api/errors'
import { useApp } from '../../../app/context'
import { useAgent } from '../../../chat/useChat'
import type { WorkspaceEntrySummary } from '../../../protocol'

const readPage = (rest: Rest, path: string, cursor: string | null, limit?: number) =>
  answer(rest.GET('/workspace', { params: { query: { ...(path && { path }), ...(cursor && { cursor }), ...(limit && { limit }) } } }))

/** What is not there is not there a second later either. */
export const onceMore = (failures: number, error: Error): boolean => failures < 2 && processServerError(error).retryable

export function useFolder(path: string) {
  const { rest } = useApp()
  const { state } = useAgent()
  const isAwake = state === 'ready' || state === 'working'
  return useInfiniteQuery({
    queryKey: ['workspace', path, isAwake],
    queryFn: ({ pageParam }) => readPage(rest, path, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: ({ cursor }) => cursor,
    retry: onceMore,
    // The same folder a moment ago, but never another one.
    placeholderData: (before, query) => (query?.queryKey[1] === path ? keepPreviousData(before) : undefined),
  })
}

/** Ours: so many are asked for before an upload, to say what it would replace. */
const NAMES_PAGES = 10

/** What is in a folder now. One that is not there has nothing: an upload makes it. */
export async function entriesOf(rest: Rest, path: string): Promise<WorkspaceEntrySummary[]> {
  const all: WorkspaceEntrySummary[] = []
  let cursor: string | null = null
  for (let page = 0; page < NAMES_PAGES; page += 1) {
    // A page says where the next one begins.
    // oxlint-disable-next-line no-await-in-loop
    const { entries, cursor: next } = await readPage(rest, path, cursor, 200)
    all.push(...entries)
    if (next === undefined) break
    cursor = next
  }
  return all
}
