/** The REST API. Each call carries a fresh token and fails with an `AppError`. */
import createClient, { type Client } from 'openapi-fetch'
import type { ConversationsPage, Message, MessagesPage, PostMessage, ServerFrame, StatusResponse, UploadOffer, paths } from '../protocol'
import { AppError, processServerError, responseError } from './errors'
import { isFresh, isKnownNow } from './fresh'

/** Every route, with the types of docs/openapi.json. */
export type Rest = Client<paths>

export function createRest(base: string, token: () => Promise<string>): Rest {
  return createClient<paths>({
    baseUrl: base,
    async fetch(request) {
      try {
        request.headers.set('authorization', `Bearer ${await token()}`)
        const response = await fetch(request)
        if (!response.ok) throw await responseError(response)
        return response
      } catch (error) {
        throw processServerError(error)
      }
    },
  })
}

/** What a route answered. Every failure was thrown before. */
export async function answer<T>(asked: Promise<{ data?: T }>): Promise<T> {
  return (await asked).data as T
}

export type Accepted = Omit<Extract<ServerFrame, { type: 'accepted' }>, 'type'>

/** What was chosen, else what holds by default. */
export interface Setting {
  key: string
  value: unknown
  chosen: boolean
}

/** The page before a place or after it, or the one that a message that was found is on; else the newest. */
export type Part = { before: string } | { after: string } | { around: string }

/** What the chat asks for, in its own words. */
export interface Api {
  status(): Promise<StatusResponse>
  conversations(): Promise<ConversationsPage>
  messages(conversationId: string, part?: Part): Promise<MessagesPage>
  reply(conversationId: string, messageId: string): Promise<Message>
  post(conversationId: string, message: PostMessage): Promise<Accepted>
  /** Where one file may be sent. */
  offerUpload(name: string, size: number): Promise<UploadOffer>
  setting(key: string): Promise<Setting>
  /** It counts from the agent's next wake. */
  choose(key: string, value: unknown): Promise<Setting>
}

/** A conversation begins with its first message; until then the server has none. */
function noneYet(error: unknown): MessagesPage {
  if (error instanceof AppError && error.code === 'not_found') return { messages: [] }
  throw error
}

export function createApi(rest: Rest): Api {
  return {
    status: () => answer(rest.GET('/status')),
    conversations: () => answer(rest.GET('/conversations')),
    messages: async (id, part) =>
      isFresh(id) ? { messages: [] } : answer(rest.GET('/conversations/{id}/messages', { params: { path: { id }, query: { limit: 50, ...part } } })).catch(noneYet),
    reply: (id, message) => answer(rest.GET('/conversations/{id}/messages/{message}/reply', { params: { path: { id, message } } })),
    post: async (id, body) => {
      const accepted: Accepted = await answer(rest.POST('/conversations/{id}/messages', { params: { path: { id } }, body }))
      isKnownNow(id)
      return accepted
    },
    offerUpload: (name, size) => answer(rest.POST('/uploads', { body: { name, size } })),
    setting: (key) => answer(rest.GET('/settings/{key}', { params: { path: { key } } })),
    choose: (key, value) => answer(rest.PUT('/settings/{key}', { params: { path: { key } }, body: { value } })),
  }
}
