/** The schedules of the signed-in person, and what is done to them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { answer, type Rest } from '../../../api/client'
import { AppError } from '../../../api/errors'
import { useApp } from '../../../app/context'
import type { ScheduleRecurrence, ScheduleSummary } from '../../../protocol'
import { words } from '../../../text/pages'
import { useDeed } from '../../../ui/kit/useDeed'
import { bodyOf, type Draft, titleOf } from './draft'

const { schedules: text } = words

/** Looking at the list arms what is not armed. */
const ARM_AGAIN_MS = 5000

export function useSchedules() {
  const { rest } = useApp()
  return useQuery({
    queryKey: ['schedules'],
    queryFn: () => answer(rest.GET('/schedules')),
    refetchInterval: ({ state }) => (state.data?.schedules.some(({ armed }) => !armed) ? ARM_AGAIN_MS : false),
  })
}

/** Those that were spoken in last: to choose from, and to name. */
export function useTitles(): ReadonlyMap<string, string> {
  const { rest } = useApp()
  const { data } = useQuery({
    queryKey: ['conversations', 'titles'],
    queryFn: () => answer(rest.GET('/conversations', { params: { query: { limit: 100 } } })),
  })
  return new Map(data?.conversations.map(({ conversationId, title }) => [conversationId, title]))
}

export function usePreview(recurrence: ScheduleRecurrence | null, timeZone: string) {
  const { rest } = useApp()
  return useQuery({
    queryKey: ['schedulePreview', recurrence, timeZone],
    queryFn: () => answer(rest.POST('/schedules/preview', { body: { recurrence: recurrence as ScheduleRecurrence, timeZone } })),
    enabled: recurrence !== null,
    placeholderData: keepPreviousData,
    // Its answer depends on when it is asked.
    staleTime: 0,
  })
}

/** What a value is once it has been the same for a while. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}

export interface Saved {
  id: string
  isNew: boolean
  draft: Draft
  recurrence: ScheduleRecurrence
  /** Of the conversation that is made for it, if one is. */
  ownConversation: string
}

async function save(rest: Rest, { id, isNew, draft, recurrence, ownConversation }: Saved): Promise<ScheduleSummary> {
  const conversationId = draft.conversation ?? ownConversation
  if (draft.conversation === null) await answer(rest.POST('/conversations', { body: { conversationId, title: titleOf(draft.prompt) } }))
  const body = { ...bodyOf(draft, recurrence), conversationId }
  const change = () => answer(rest.PATCH('/schedules/{id}', { params: { path: { id } }, body }))
  if (!isNew) return change()
  return answer<ScheduleSummary>(rest.POST('/schedules', { body: { id, ...body } })).catch((error: unknown) => {
    // The id is ours alone: an earlier try of this form made it, and its answer was lost.
    if (error instanceof AppError && error.code === 'conflict') return change()
    throw error
  })
}

export function useSaveSchedule(after: () => void) {
  const { rest } = useApp()
  return useDeed<Saved, ScheduleSummary>({
    run: (saved) => save(rest, saved),
    changes: ['schedules', 'conversations'],
    done: (_, { isNew }) => (isNew ? text.form.made : text.form.changed),
    after,
  })
}

export function useSwitchSchedule() {
  const { rest } = useApp()
  return useDeed<{ id: string; enabled: boolean }>({
    run: ({ id, enabled }) => answer(rest.PATCH('/schedules/{id}', { params: { path: { id } }, body: { enabled } })),
    changes: ['schedules'],
  })
}

export function useRemoveSchedule(after: () => void) {
  const { rest } = useApp()
  return useDeed<string>({
    run: (id) => answer(rest.DELETE('/schedules/{id}', { params: { path: { id } } })),
    changes: ['schedules'],
    done: text.item.removed,
    after,
  })
}
