/** Whether this is somebody's first visit: nothing was ever said, and the welcome was not put away on this device. */
import { useEffect, useState } from 'react'
import { useSession } from '../../auth/useSession'
import { useConversations } from '../useConversations'

export interface WelcomeState {
  /** `unknown` until the list of conversations is there. */
  state: 'unknown' | 'shown' | 'over'
  dismiss: () => void
}

export function useWelcome(): WelcomeState {
  const { subject } = useSession()
  const key = `openclaw.welcomed.${subject() ?? ''}`
  const [isOver, setIsOver] = useState(() => localStorage.getItem(key) !== null)
  const { list, loading, failed } = useConversations(null)
  const isKnown = !loading && !failed
  const hasSpoken = list.length > 0

  useEffect(() => {
    if (hasSpoken || isOver) localStorage.setItem(key, '1')
  }, [hasSpoken, isOver, key])

  if (isOver || hasSpoken || failed) return { state: 'over', dismiss: () => undefined }
  return { state: isKnown ? 'shown' : 'unknown', dismiss: () => setIsOver(true) }
}
