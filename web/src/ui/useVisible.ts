import { useSyncExternalStore } from 'react'

const subscribe = (listener: () => void) => {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

/** Whether anybody can see this page: its tab is the one on top. */
export const useVisible = (): boolean => useSyncExternalStore(subscribe, () => !document.hidden)
