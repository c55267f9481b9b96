/** Tells the server that a conversation was read: when it is on screen, with its end in sight. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { answer } from '../api/client'
import { useApp } from '../app/context'
import { useShell } from '../app/shell'
import { useVisible } from '../ui/useVisible'
import { changeListed, useLastUnread } from './useConversations'

/** One who only passes by has read nothing. */
const A_LOOK = 500

export function useReadMark(id: string, isAtEnd: boolean): void {
  const { rest } = useApp()
  const queries = useQueryClient()
  const { setReading } = useShell()
  const isReading = useVisible() && isAtEnd
  const upTo = useLastUnread(id)

  useEffect(() => {
    if (!isReading) return
    setReading(id)
    return () => setReading(null)
  }, [id, isReading, setReading])

  useEffect(() => {
    if (!isReading || upTo === null) return
    const timer = setTimeout(() => {
      changeListed(queries, id, { unread: false })
      // What could not be told is unread in the next list, and told then.
      void answer(rest.PUT('/conversations/{id}/read', { params: { path: { id } }, body: { upTo } })).catch(() => null)
    }, A_LOOK)
    return () => clearTimeout(timer)
  }, [id, isReading, upTo, queries, rest])
}
