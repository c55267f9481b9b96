/** One setting: what holds, and how to choose. What is chosen is shown at once, and taken back if the server refuses. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer } from '../../api/client'
import { processServerError } from '../../api/errors'
import { useApp } from '../../app/context'
import type { SettingsPage, UserSettings } from '../../protocol'
import { words } from '../../text/pages'
import { tell } from '../../ui/kit/toasts'

type Settings = Required<UserSettings>
type Key = keyof Settings

export interface Choice<T> {
  /** What holds: what was chosen, else the default. */
  value: T | undefined
  chosen: boolean
  byDefault: T | undefined
  choose: (value: T, then?: () => void) => void
  /** As by default again. */
  undo: () => void
  busy: boolean
  problem: string | null
}

const KEY = ['settings'] as const

export function useSettings() {
  const { rest } = useApp()
  return useQuery({ queryKey: KEY, queryFn: () => answer(rest.GET('/settings')), staleTime: 5000 })
}

export function useChoice<K extends Key>(key: K, page: SettingsPage, done: string): Choice<Settings[K]> {
  const { rest } = useApp()
  const queries = useQueryClient()
  // The cache tells of a change a moment later: until then a radio button would fall back to where it was.
  const [wanted, setWanted] = useState<{ value: Settings[K] | undefined } | null>(null)
  const mutation = useMutation({
    mutationKey: KEY,
    // One after the other: of two the later holds, on the server as on the page.
    scope: { id: 'settings' },
    mutationFn: async (value: Settings[K] | null) => {
      const params = { path: { key } }
      if (value === null) await rest.DELETE('/settings/{key}', { params })
      else await rest.PUT('/settings/{key}', { params, body: { value } })
    },
    onMutate: async (value) => {
      await queries.cancelQueries({ queryKey: KEY })
      const before = queries.getQueryData<SettingsPage>(KEY)?.chosen[key]
      queries.setQueryData<SettingsPage>(KEY, (now) => now && withChoice(now, key, value ?? undefined))
      return { before }
    },
    onSuccess: () => tell(done),
    onError: (_error, value, context) => {
      queries.setQueryData<SettingsPage>(KEY, (now) => now && withChoice(now, key, context?.before))
      // At once, and not when all is read anew: that may fail, too, and takes its time. Not what was chosen since.
      setWanted((now) => (now?.value === (value ?? undefined) ? null : now))
    },
    // What is still under way will read it anew; an answer from before would take it back on screen.
    onSettled: () => (queries.isMutating({ mutationKey: KEY }) > 1 ? undefined : queries.invalidateQueries({ queryKey: KEY })),
  })
  const want = (value: Settings[K] | undefined, then?: () => void) => {
    setWanted({ value })
    // Of several the last one ends the waiting.
    mutation.mutate(value ?? null, { onSettled: () => setWanted(null), ...(then && { onSuccess: then }) })
  }
  const { [key]: stored } = page.chosen as Partial<Settings>
  const chosen = wanted ? wanted.value : stored
  const { [key]: byDefault } = page.defaults as Partial<Settings>
  return {
    value: chosen ?? byDefault,
    chosen: chosen !== undefined,
    byDefault,
    choose: want,
    undo: () => want(undefined),
    busy: mutation.isPending,
    problem: mutation.error === null ? null : problemOf(mutation.error),
  }
}

function withChoice(page: SettingsPage, key: Key, value: unknown): SettingsPage {
  const { [key]: _before, ...others } = page.chosen
  return { ...page, chosen: value === undefined ? others : { ...others, [key]: value } }
}

function problemOf(error: unknown): string {
  const { code, message } = processServerError(error)
  return code === 'bad_request' ? words.settings.refused(message) : message
}
