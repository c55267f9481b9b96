/** Every page and its address. What is not the chat is loaded when somebody goes there. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate, Outlet } from '@tanstack/react-router'
import { filesSearch } from '../pages/agent/files/search'
import { ChatPage } from '../pages/ChatPage'
import { CrashPage } from '../pages/CrashPage'
import { Shell } from '../pages/Shell'

/** The router reads `?at=2026` as a number. */
const said = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** The place of a message that was found, and its id, so that it can be marked. */
const foundAt = (search: Record<string, unknown>): { at?: string; message?: string } => {
  const [at, message] = [said(search['at']), said(search['message'])]
  return { ...(at && { at }), ...(at && message && { message }) }
}

/** The conversation that exists before a person makes another. */
const DEFAULT_CONVERSATION = 'default'

const toDefault = () => <Navigate to="/c/$conversationId" params={{ conversationId: DEFAULT_CONVERSATION }} replace />

const root = createRootRoute({ component: Outlet, notFoundComponent: toDefault, errorComponent: CrashPage })

const home = createRoute({ getParentRoute: () => root, path: '/', component: toDefault })

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

const conversation = createRoute({
  getParentRoute: () => shell,
  path: '/c/$conversationId',
  validateSearch: foundAt,
  component: function ConversationRoute() {
    const { conversationId } = conversation.useParams()
    const { at = null, message = null } = conversation.useSearch()
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(conversationId)) return toDefault()
    return <ChatPage conversationId={conversationId} at={at} found={message} />
  },
})

const agent = createRoute({
  getParentRoute: () => shell,
  path: '/agent',
  component: lazyRouteComponent(() => import('../pages/agent/AgentLayout'), 'AgentLayout'),
})
const agentPages = [
  createRoute({ getParentRoute: () => agent, path: '/', component: lazyRouteComponent(() => import('../pages/agent/StatusPage'), 'StatusPage') }),
  createRoute({
    getParentRoute: () => agent,
    path: '/files',
    validateSearch: filesSearch,
    component: lazyRouteComponent(() => import('../pages/agent/FilesPage'), 'FilesPage'),
  }),
  createRoute({ getParentRoute: () => agent, path: '/skills', component: lazyRouteComponent(() => import('../pages/agent/SkillsPage'), 'SkillsPage') }),
  createRoute({ getParentRoute: () => agent, path: '/schedules', component: lazyRouteComponent(() => import('../pages/agent/SchedulesPage'), 'SchedulesPage') }),
  createRoute({ getParentRoute: () => agent, path: '/snapshots', component: lazyRouteComponent(() => import('../pages/agent/SnapshotsPage'), 'SnapshotsPage') }),
  createRoute({ getParentRoute: () => agent, path: '/telegram', component: lazyRouteComponent(() => import('../pages/agent/TelegramPage'), 'TelegramPage') }),
  createRoute({ getParentRoute: () => agent, path: '/usage', component: lazyRouteComponent(() => import('../pages/agent/UsagePage'), 'UsagePage') }),
] as const

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/SettingsLayout'), 'SettingsLayout'),
})
const settingsPages = [
  createRoute({ getParentRoute: () => settings, path: '/', component: lazyRouteComponent(() => import('../pages/settings/SettingsPage'), 'SettingsPage') }),
  createRoute({ getParentRoute: () => settings, path: '/data', component: lazyRouteComponent(() => import('../pages/settings/DataPage'), 'DataPage') }),
] as const

const tree = root.addChildren([
  home,
  shell.addChildren([conversation, agent.addChildren(agentPages), settings.addChildren(settingsPages)]),
])

export const createAppRouter = () => createRouter({ routeTree: tree, defaultPreload: 'intent' })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
