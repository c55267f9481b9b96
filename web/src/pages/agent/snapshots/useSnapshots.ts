/** The list of snapshots, and its newest with the restore that was asked for last. */
import { type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { SnapshotsPage, SnapshotSummary } from '../../../protocol'

const A_PAGE = 20
const LOOK_EVERY = 2000

/** The keys begin alike, so that one change reads both anew. */
const LIST = ['snapshots', 'list']
const NEWEST = ['snapshots', 'newest']

export function useList() {
  const { rest } = useApp()
  return useInfiniteQuery({
    queryKey: LIST,
    queryFn: ({ pageParam: before }) => answer(rest.GET('/snapshots', { params: { query: before ? { limit: A_PAGE, before } : { limit: A_PAGE } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.before,
    staleTime: 0,
  })
}

/** Looked at often while another one is awaited or something is restored, and never while the page is hidden. */
export function useNewest(isAwaited: (newest: SnapshotSummary | undefined) => boolean = () => false) {
  const { rest } = useApp()
  const queries = useQueryClient()
  const { data } = useQuery({
    queryKey: NEWEST,
    queryFn: async () => {
      const before = queries.getQueryData<SnapshotsPage>(NEWEST)
      const now = await answer(rest.GET('/snapshots', { params: { query: { limit: 1 } } }))
      if (before) readAgain(queries, before, now)
      return now
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (isAwaited(state.data?.snapshots[0]) || state.data?.restore?.state === 'pending' ? LOOK_EVERY : false),
  })
  return { newest: data?.snapshots[0], restore: data?.restore }
}

/** What two looks at the newest tell of the rest: one more in the list, and other files in the workspace. */
function readAgain(queries: QueryClient, before: SnapshotsPage, now: SnapshotsPage): void {
  if (before.snapshots[0]?.id !== now.snapshots[0]?.id) void queries.invalidateQueries({ queryKey: LIST })
  if (before.restore?.state === 'pending' && now.restore?.state !== 'pending') void queries.invalidateQueries({ queryKey: ['workspace'] })
}
