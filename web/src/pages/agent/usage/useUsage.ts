/** The usage report of some days. What ended yesterday does not change any more; today's grows with every reply. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { Span } from './days'

export function useUsage({ from, to }: Span) {
  const { rest } = useApp()
  return useQuery({
    queryKey: ['usage', from, to],
    queryFn: () => answer(rest.GET('/usage', { params: { query: { from, to } } })),
    staleTime: 0,
    placeholderData: keepPreviousData,
  })
}
