/** Builds the chat's parts for one signed-in person and keeps them running. */
import type { QueryClient } from '@tanstack/react-query'
import { type Api, createApi, createRest, type Rest } from '../api/client'
import { SignedOut } from '../api/errors'
import { sendFile } from '../api/upload'
import type { Session } from '../auth/session'
import { ChatController } from '../chat/controller'
import { Drafts } from '../chat/drafts'
import { ChatSocket } from '../chat/socket'
import { Uploads } from '../chat/uploads'
import type { AppConfig } from '../protocol'
import { browserTimeZone, tellTimeZone } from './timeZone'

export interface Runtime {
  api: Api
  rest: Rest
  controller: ChatController
  drafts: Drafts
  retryConnection: () => void
  /** Connects, and returns how to stop. */
  start: () => () => void
}

export function createRuntime(config: AppConfig, session: Session, queries: QueryClient): Runtime {
  const rest = createRest(config.api, session.accessToken)
  const api = createApi(rest)
  const controller = new ChatController({
    api,
    now: Date.now,
    newId: () => crypto.randomUUID(),
    schedule: beforeNextPaint,
    send: (frame) => socket.send(frame),
    onActivity: () => void queries.invalidateQueries({ queryKey: ['conversations'] }),
  })
  const drafts = new Drafts(() => new Uploads({ offer: api.offerUpload, send: sendFile, newId: () => crypto.randomUUID() }))
  const socket = new ChatSocket({
    url: config.ws,
    token: session.accessToken,
    isSignedOut: (error) => error instanceof SignedOut,
    open: (url, protocols) => new WebSocket(url, protocols),
    random: Math.random,
    onFrame: (frame) => controller.receive(frame),
    onLink: (link) => controller.link(link),
    onOpen: () => controller.greet(),
  })
  const retryConnection = () => socket.retryNow()
  let toldTimeZone: Promise<void> | undefined

  function start(): () => void {
    socket.start()
    toldTimeZone ??= tellTimeZone(api, browserTimeZone())
    window.addEventListener('online', retryConnection)
    window.addEventListener('offline', retryConnection)
    document.addEventListener('visibilitychange', retryConnection)
    return () => {
      window.removeEventListener('online', retryConnection)
      window.removeEventListener('offline', retryConnection)
      document.removeEventListener('visibilitychange', retryConnection)
      socket.stop()
    }
  }

  return { api, rest, controller, drafts, retryConnection, start }
}

/** Many frames, one render. A hidden tab has no frames to wait for. */
function beforeNextPaint(notify: () => void): void {
  if (document.hidden) setTimeout(notify, 0)
  else requestAnimationFrame(notify)
}
