import { createContext, use, useSyncExternalStore } from 'react'
import type { Session, SessionState } from './session'

export const SessionContext = createContext<Session | null>(null)

/** The session, and what it is just now. */
export function useSession(): Session & { current: SessionState } {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession needs a SessionContext above it')
  const current = useSyncExternalStore(session.subscribe, session.state)
  const { state, subscribe, signIn, resume, signOut, accessToken, name, subject } = session
  return { state, subscribe, signIn, resume, signOut, accessToken, name, subject, current }
}
