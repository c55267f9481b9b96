/** The uploads of the signed-in person. They belong to the session and not to the page, so that leaving it stops none. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { answer, type Rest } from '../../../api/client'
import { sendFile } from '../../../api/upload'
import { useApp } from '../../../app/context'
import { type Transfer, Transfers } from './transfers'

const ofSession = new WeakMap<Rest, Transfers>()

function transfersOf(rest: Rest, queries: QueryClient): Transfers {
  const known = ofSession.get(rest)
  if (known) return known
  const made = new Transfers({
    offer: (path, size) => answer(rest.POST('/workspace/uploads', { body: { path, size } })),
    send: sendFile,
    done: (id) => answer(rest.POST('/workspace/uploads/{id}/done', { params: { path: { id } } })),
    newId: () => crypto.randomUUID(),
    onPlaced: () => void queries.invalidateQueries({ queryKey: ['workspace'] }),
  })
  ofSession.set(rest, made)
  return made
}

export function useTransfers(): { transfers: Transfers; list: Transfer[] } {
  const { rest } = useApp()
  const transfers = transfersOf(rest, useQueryClient())
  const list = useSyncExternalStore(transfers.subscribe, transfers.list)
  return { transfers, list }
}
