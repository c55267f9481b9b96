/** What only REST knows of the agent: since when it is up, what waits for an answer, and what was chosen for it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import { useAgent } from '../../../chat/useChat'

/** Read anew whenever a frame says that the agent's status changed, and while something waits. */
export function useStatus() {
  const { rest } = useApp()
  const { agent } = useAgent()
  return useQuery({
    queryKey: ['status', agent.status, agent.phase],
    queryFn: () => answer(rest.GET('/status')),
    staleTime: 0,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.openMessages ? 5000 : false),
  })
}

export function useSettings() {
  const { rest } = useApp()
  return useQuery({ queryKey: ['settings'], queryFn: () => answer(rest.GET('/settings')) })
}
