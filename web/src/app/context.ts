import { createContext, use } from 'react'
import type { Api, Rest } from '../api/client'
import type { AppConfig } from '../protocol'

/** What every page may use: where things are, and the REST API. */
export interface AppValue {
  config: AppConfig
  api: Api
  rest: Rest
}

export const AppContext = createContext<AppValue | null>(null)

export function useApp(): AppValue {
  const value = use(AppContext)
  if (!value) throw new Error('useApp needs an AppContext above it')
  return value
}
