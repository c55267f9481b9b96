import { createContext, use } from 'react'

/** What the frame around all pages lets them do. */
export interface ShellValue {
  /** On a narrow screen the list of conversations is a drawer. */
  openList: () => void
  openSearch: () => void
  /** Signs out, after a question if something would be lost. */
  leave: () => void
  /** The conversation that somebody reads at this moment: nothing of it is news. */
  reading: string | null
  setReading: (conversationId: string | null) => void
}

export const ShellContext = createContext<ShellValue | null>(null)

export function useShell(): ShellValue {
  const value = use(ShellContext)
  if (!value) throw new Error('useShell needs a ShellContext above it')
  return value
}
