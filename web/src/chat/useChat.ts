/** The chat, for React. The only file of this directory that imports it. */
import { createContext, use, useEffect, useMemo, useSyncExternalStore } from 'react'
import type { AttachedFile } from '../protocol'
import { isWaking, type Agent } from './agent'
import type { ChatController } from './controller'
import type { Draft, Drafts, DraftView } from './drafts'
import { agentState, type AgentState, projectThread, type ThreadView } from './projection'
import type { Link } from './socket'
import { emptyThread } from './thread'

export interface ChatRuntime {
  controller: ChatController
  drafts: Drafts
  /** How many messages this browser has that the server has not taken. */
  unsent: () => number
  retryConnection: () => void
}

export const ChatContext = createContext<ChatRuntime | null>(null)

function useRuntime(): ChatRuntime {
  const runtime = use(ChatContext)
  if (!runtime) throw new Error('useChat needs a ChatContext above it')
  return runtime
}

/** As it is when it is asked for: a question is put to a person once. */
export const useUnsent = (): (() => number) => useRuntime().unsent

export interface Chat {
  view: ThreadView
  agent: Agent
  waking: boolean
  link: Link
  state: AgentState
  /** Null when the message was taken; otherwise the reason for the person. */
  say: (message: string, attachments?: AttachedFile[], insteadOf?: string | null) => string | null
  /** Its words go into the message box. */
  edit: (messageId: string) => void
  stop: () => void
  retry: (messageId: string) => void
  /** Whether there is more to be seen now. */
  loadOlder: () => Promise<boolean>
  loadLater: () => Promise<boolean>
  reload: () => void
  dismiss: () => void
  retryConnection: () => void
}

/** With a place of a message that was found, the conversation is shown there and not at its end. */
export function useChat(conversationId: string, place: string | null = null): Chat {
  const { controller, drafts, retryConnection } = useRuntime()
  const { agent, link, threads } = useSyncExternalStore(controller.subscribe, controller.state)
  const thread = threads[conversationId] ?? emptyThread(conversationId)
  const view = useMemo(() => projectThread(thread, agent, link), [thread, agent, link])
  const actions = useMemo(() => actionsOf(controller, drafts, conversationId), [controller, drafts, conversationId])

  useEffect(() => controller.open(conversationId), [controller, conversationId])
  useEffect(() => {
    if (place === null) controller.leave(conversationId)
    else void controller.visit(conversationId, place)
  }, [controller, conversationId, place])

  const { stoppable } = view
  return {
    ...actions,
    view,
    agent,
    link,
    waking: isWaking(agent),
    state: agentState(agent, link, stoppable !== null),
    // What has not left this page is not lost by stopping it.
    stop: () => stoppable && (isHere(view, stoppable) ? actions.edit(stoppable) : controller.cancel(conversationId, stoppable)),
    retryConnection,
  }
}

/** What is being written in a conversation. */
export function useDraft(conversationId: string): { draft: Draft; view: DraftView } {
  const draft = useRuntime().drafts.of(conversationId)
  return { draft, view: useSyncExternalStore(draft.subscribe, draft.view) }
}

/** How the agent is, for pages without a conversation. */
export function useAgent(): { agent: Agent; link: Link; state: AgentState } {
  const { controller } = useRuntime()
  const { agent, link } = useSyncExternalStore(controller.subscribe, controller.state)
  return { agent, link, state: agentState(agent, link, false) }
}

const isHere = (view: ThreadView, messageId: string): boolean =>
  view.turns.some((turn) => turn.id === messageId && turn.edit === 'takeBack')

const actionsOf = (controller: ChatController, drafts: Drafts, conversationId: string) => ({
  say: (message: string, attachments?: AttachedFile[], insteadOf?: string | null) =>
    controller.say(conversationId, message, attachments, insteadOf),
  edit: (messageId: string) => {
    const taken = controller.takeUp(conversationId, messageId)
    if (taken?.withdrawn) drafts.of(conversationId).putBack(taken.asked)
    else if (taken) drafts.of(conversationId).edit(messageId, taken.asked)
  },
  retry: (messageId: string) => controller.retry(conversationId, messageId),
  loadOlder: () => controller.loadOlder(conversationId),
  loadLater: () => controller.loadLater(conversationId),
  reload: () => void controller.reload(conversationId),
  dismiss: () => controller.dismiss(conversationId),
})
