/** Builds the chat's parts for one signed-in person and keeps them running. */
import type { QueryClient } from '@tanstack/react-query'
import { type Api, createApi, createRest, type Rest } from '../api/client'
import { SignedOut } from '../api/errors'
import { isKnownNow } from '../api/fresh'
import { sendFile } from '../api/upload'
import type { Session } from '../auth/session'
import { ChatController } from '../chat/controller'
import { Drafts } from '../chat/drafts'
import { Keeper, memoryShelf, type Shelf } from '../chat/keeper'
import { ChatSocket } from '../chat/socket'
import { Uploads } from '../chat/uploads'
import type { AppConfig } from '../protocol'
import { createNews } from './news'
import { browserTimeZone, tellTimeZone } from './timeZone'
import { createWakeOnOpen, lastAskedOf } from './wakeOnOpen'

export interface Runtime {
  api: Api
  rest: Rest
  controller: ChatController
  drafts: Drafts
  unsent: () => number
  retryConnection: () => void
  /** Connects, and returns how to stop. */
  start: () => () => void
}

export function createRuntime(config: AppConfig, session: Session, queries: QueryClient): Runtime {
  const rest = createRest(config.api, session.accessToken)
  const api = createApi(rest)
  const keeper = new Keeper(browserShelf(), session.subject() ?? '')
  const hear = createNews((what) => void queries.invalidateQueries({ queryKey: [what] }))
  const controller = new ChatController({
    api,
    keeper,
    now: Date.now,
    newId: () => crypto.randomUUID(),
    schedule: beforeNextPaint,
    send: (frame) => socket.send(frame),
    onActivity: () => hear('conversations'),
  })
  const drafts = new Drafts({
    keeper,
    newUploads: () => new Uploads({ offer: api.offerUpload, send: sendFile, newId: () => crypto.randomUUID() }),
  })
  const socket = new ChatSocket({
    url: config.ws,
    token: session.accessToken,
    isSignedOut: (error) => error instanceof SignedOut,
    open: (url, protocols) => new WebSocket(url, protocols),
    random: Math.random,
    onFrame: (frame) => {
      if (frame.type === 'accepted') isKnownNow(frame.conversationId)
      if (frame.type === 'changed') hear(frame.what)
      controller.receive(frame)
    },
    onLink: (link) => controller.link(link),
    onOpen: () => {
      controller.greet()
      // Not before: what changes is told to all connections, and one that is still opening can be told nothing.
      toldTimeZone ??= tellTimeZone(api, browserTimeZone())
      // What changed while there was no connection was told to nobody.
      if (wasOpen) void queries.invalidateQueries()
      wasOpen = true
    },
  })
  const retryConnection = () => socket.retryNow()
  const unsent = () => keeper.messages().length
  let toldTimeZone: Promise<void> | undefined
  let wasOpen = false
  const wakeOnOpen = createWakeOnOpen({
    api,
    wake: () => rest.POST('/agent/wake'),
    status: () => controller.state().agent.status,
    isSeen: () => !document.hidden,
    now: Date.now,
    lastAsked: lastAskedOf(session.subject()),
  })

  const onStorage = ({ key, newValue }: StorageEvent) => {
    const messageId = newValue === null ? keeper.messageOf(key) : null
    if (messageId !== null) controller.settledElsewhere(messageId)
  }
  const onVisibility = () => {
    if (document.hidden) drafts.flush()
    else socket.retryNow()
    wakeOnOpen()
  }

  function start(): () => void {
    socket.start()
    const unsubscribe = session.subscribe(() => session.state() === 'signedOut' && keeper.clear())
    const stopWaking = controller.subscribe(wakeOnOpen)
    window.addEventListener('online', retryConnection)
    window.addEventListener('offline', retryConnection)
    window.addEventListener('pagehide', drafts.flush)
    window.addEventListener('storage', onStorage)
    document.addEventListener('visibilitychange', onVisibility)
    return () => {
      window.removeEventListener('online', retryConnection)
      window.removeEventListener('offline', retryConnection)
      window.removeEventListener('pagehide', drafts.flush)
      window.removeEventListener('storage', onStorage)
      document.removeEventListener('visibilitychange', onVisibility)
      unsubscribe()
      stopWaking()
      drafts.flush()
      socket.stop()
    }
  }

  return { api, rest, controller, drafts, unsent, retryConnection, start }
}

/** Many frames, one render. A hidden tab has no frames to wait for. */
function beforeNextPaint(notify: () => void): void {
  if (document.hidden) setTimeout(notify, 0)
  else requestAnimationFrame(notify)
}

/** Some browsers forbid their storage altogether: then a reload is not survived, and everything else works. */
function browserShelf(): Shelf {
  try {
    return window.localStorage
  } catch {
    return memoryShelf()
  }
}
