/** Signed in or not: the one decision above all pages. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Session } from '../auth/session'
import { SessionContext, useSession } from '../auth/useSession'
import { ChatContext } from '../chat/useChat'
import { AwayPage } from '../pages/AwayPage'
import { SignInPage } from '../pages/SignInPage'
import type { AppConfig } from '../protocol'
import { AppContext } from './context'
import { createAppRouter } from './routes'
import { createRuntime } from './runtime'

export function App({ config, session }: { config: AppConfig; session: Session }) {
  return (
    <SessionContext value={session}>
      <Gate config={config} />
    </SessionContext>
  )
}

function Gate({ config }: { config: AppConfig }) {
  const { current } = useSession()
  // A session that ended keeps its page: what was written there is still worth reading and sending.
  const inside = current === 'signedIn' || current === 'ended'
  if (inside) return <SignedIn config={config} />
  return current === 'away' ? <AwayPage /> : <SignInPage />
}

function SignedIn({ config }: { config: AppConfig }) {
  const session = useSession()
  const [parts] = useState(() => {
    const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, retry: 2 } } })
    return { queries, runtime: createRuntime(config, session, queries), router: createAppRouter() }
  })
  const { runtime, router } = parts
  const [app] = useState(() => ({ config, api: runtime.api, rest: runtime.rest }))

  useEffect(() => runtime.start(), [runtime])

  return (
    <QueryClientProvider client={parts.queries}>
      <AppContext value={app}>
        <ChatContext value={runtime}>
          <RouterProvider router={router} />
        </ChatContext>
      </AppContext>
    </QueryClientProvider>
  )
}
