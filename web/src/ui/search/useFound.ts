/** What was said, as the server finds it: page by page, and by itself only so far back. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { answer } from '../../api/client'
import { useApp } from '../../app/context'
import type { SearchHit } from '../../protocol'

/** The server finds nothing shorter. */
const SHORTEST = 2
const PAUSE = 200
/** One page of an answer looks at 500 messages. After so many without enough hits a person is asked. */
const PAGES_BY_ITSELF = 4
const ENOUGH = 8

export interface Found {
  hits: SearchHit[]
  searching: boolean
  failed: boolean
  /** There is more that has not been looked at, and nobody looks just now. */
  further: (() => void) | null
  retry: () => void
}

export function useFound(query: string): Found {
  const { rest } = useApp()
  const wanted = query.trim()
  const q = useSettled(wanted)
  const [rounds, setRounds] = useState({ q, count: 1 })
  if (rounds.q !== q) setRounds({ q, count: 1 })
  const { data, isFetching, isError, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['search', q],
    queryFn: ({ pageParam, signal }) => answer(rest.GET('/search', { params: { query: { q, limit: 20, ...(pageParam && { before: pageParam }) } }, signal })),
    initialPageParam: '',
    getNextPageParam: ({ before }) => before,
    enabled: isLongEnough(q),
    retry: 1,
  })
  const hits: SearchHit[] = data?.pages.flatMap((page) => page.hits) ?? []
  const pages = data?.pages.length ?? 0
  const goesOn = hasNextPage && !isFetching && !isError && pages < PAGES_BY_ITSELF * rounds.count && hits.length < ENOUGH * rounds.count
  useEffect(() => void (goesOn && fetchNextPage()), [goesOn, fetchNextPage])

  const asked = isLongEnough(wanted)
  const searching = asked && (isFetching || goesOn || q !== wanted)
  const further = () => {
    setRounds({ q, count: rounds.count + 1 })
    void fetchNextPage()
  }
  return {
    hits: asked && isLongEnough(q) ? hits : [],
    searching,
    failed: asked && isError && !searching,
    further: asked && hasNextPage && !searching && !isError ? further : null,
    retry: () => void (data ? fetchNextPage() : refetch()),
  }
}

/** In characters, as the server counts. */
export const isLongEnough = (query: string): boolean => [...query].length >= SHORTEST

/** The value once it has been the same for a moment. An empty one counts at once. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), value === '' ? 0 : PAUSE)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
