/** What the search offers for what is written into it: conversations by title, what was said, and deeds. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { beginConversation } from '../../api/fresh'
import { useShell } from '../../app/shell'
import { titleOf, useConversations } from '../../pages/useConversations'
import type { SearchHit } from '../../protocol'
import { words } from '../../text/pages'
import { placesOf } from './marks'
import { PLACES } from './places'
import { type Found, useFound } from './useFound'

const { search: say } = words

export interface Option {
  id: string
  kind: 'conversation' | 'message' | 'deed' | 'further'
  label: string
  /** Where the words stand in the label. */
  ranges: readonly { start: number; end: number }[]
  /** What was said, and where. */
  hit?: SearchHit
  at?: number
  run: () => void
  /** The search stays open. */
  stays?: boolean
}

export interface Section {
  title: string
  options: Option[]
}

const RECENT = 6
const TITLES = 6
/** So far down the list titles are looked at. */
const TITLES_WITHIN = 400

export function useOptions(query: string): { sections: Section[]; found: Found } {
  const wanted = query.trim()
  const titles = useTitles(wanted)
  const found = useFound(query)
  const said = useSaid(found)
  const deeds = useDeeds(wanted)
  const sections = [
    { title: wanted === '' ? say.recent : say.conversations, options: titles },
    { title: say.messages, options: said },
    { title: say.actions, options: deeds },
  ]
  return { sections: sections.filter(({ options }) => options.length > 0), found }
}

function useTitles(wanted: string): Option[] {
  const navigate = useNavigate()
  const { list, hasMore, loadingMore, moreFailed, more } = useConversations(null)
  const goesOn = wanted !== '' && hasMore && !loadingMore && !moreFailed && list.length < TITLES_WITHIN
  useEffect(() => {
    if (goesOn) more()
  })
  const matching = wanted === '' ? list.slice(0, RECENT) : list.filter(({ title }) => title.toLowerCase().includes(wanted.toLowerCase())).slice(0, TITLES)
  return matching.map(({ conversationId, title, lastActivityAt }) => ({
    id: `conversation ${conversationId}`,
    kind: 'conversation',
    label: title,
    ranges: placesOf(title, wanted),
    at: lastActivityAt,
    run: () => void navigate({ to: '/c/$conversationId', params: { conversationId } }),
  }))
}

function useSaid({ hits, further, failed, retry, searching }: Found): Option[] {
  const navigate = useNavigate()
  const { list } = useConversations(null)
  const open = ({ conversationId, messageId, place }: SearchHit) =>
    void navigate({ to: '/c/$conversationId', params: { conversationId }, search: { at: place, message: messageId } })
  const titleOfHit = ({ conversationId }: SearchHit) => list.find((one) => one.conversationId === conversationId)?.title ?? titleOf({ conversationId, title: '' })
  const said: Option[] = hits.map((hit) => ({
    id: `message ${hit.messageId} ${hit.role}`,
    kind: 'message',
    label: titleOfHit(hit),
    ranges: [],
    hit,
    at: hit.at,
    run: () => open(hit),
  }))
  const more = { id: 'further', kind: 'further' as const, ranges: [], stays: true }
  if (failed) said.push({ ...more, label: say.again, run: retry })
  // It stays where the arrow keys found it while it is at work.
  if (further || (searching && hits.length > 0)) said.push({ ...more, label: searching ? say.searchingFurther : say.further, run: () => further?.() })
  return said
}

function useDeeds(wanted: string): Option[] {
  const navigate = useNavigate()
  const { leave } = useShell()
  const create = () => navigate({ to: '/c/$conversationId', params: { conversationId: beginConversation() } })
  const all = [
    { label: say.create, run: () => void create() },
    ...PLACES.map(({ to, label }) => ({ label, run: () => void navigate({ to }) })),
    { label: say.signOut, run: leave },
  ]
  return all
    .filter(({ label }) => label.toLowerCase().includes(wanted.toLowerCase()))
    .map(({ label, run }) => ({ id: `deed ${label}`, kind: 'deed', label, ranges: placesOf(label, wanted), run }))
}
