/** Every page and its address. */
import { createRootRoute, createRoute, createRouter, Navigate, Outlet } from '@tanstack/react-router'
import { ChatPage } from '../pages/ChatPage'
import { CrashPage } from '../pages/CrashPage'

/** The conversation that exists before a person makes another. */
const DEFAULT_CONVERSATION = 'default'

const toDefault = () => <Navigate to="/c/$conversationId" params={{ conversationId: DEFAULT_CONVERSATION }} replace />

const root = createRootRoute({ component: Outlet, notFoundComponent: toDefault, errorComponent: CrashPage })

const home = createRoute({ getParentRoute: () => root, path: '/', component: toDefault })

const conversation = createRoute({
  getParentRoute: () => root,
  path: '/c/$conversationId',
  component: function ConversationRoute() {
    const { conversationId } = conversation.useParams()
    return /^[A-Za-z0-9_-]{1,64}$/.test(conversationId) ? <ChatPage conversationId={conversationId} /> : toDefault()
  },
})

export const createAppRouter = () => createRouter({ routeTree: root.addChildren([home, conversation]) })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
