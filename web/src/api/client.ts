/** The REST API. Each call carries a fresh token and fails with an `AppError`. */
import type { ConversationsPage, Message, MessagesPage, PostMessage, ServerFrame, StatusResponse, UploadOffer } from '../protocol'
import { AppError, processServerError, responseError } from './errors'

export type Accepted = Omit<Extract<ServerFrame, { type: 'accepted' }>, 'type'>

/** What was chosen, else what holds by default. */
export interface Setting {
  key: string
  value: unknown
  chosen: boolean
}

export interface Api {
  status(): Promise<StatusResponse>
  conversations(): Promise<ConversationsPage>
  messages(conversationId: string, before?: string): Promise<MessagesPage>
  reply(conversationId: string, messageId: string): Promise<Message>
  post(conversationId: string, message: PostMessage): Promise<Accepted>
  /** Where one file may be sent. */
  offerUpload(name: string, size: number): Promise<UploadOffer>
  setting(key: string): Promise<Setting>
  /** It counts from the agent's next wake. */
  choose(key: string, value: unknown): Promise<Setting>
}

const conversation = (id: string) => `/conversations/${encodeURIComponent(id)}/messages`

/** A conversation begins with its first message; until then the server has none. */
function noneYet(error: unknown): MessagesPage {
  if (error instanceof AppError && error.code === 'not_found') return { messages: [] }
  throw error
}

export function createApi(base: string, token: () => Promise<string>): Api {
  async function call<T>(path: string, change: RequestInit = {}): Promise<T> {
    try {
      const headers: Record<string, string> = { authorization: `Bearer ${await token()}` }
      if (change.body) headers['content-type'] = 'application/json'
      const response = await fetch(base + path, { ...change, headers })
      if (!response.ok) throw await responseError(response)
      return (await response.json()) as T
    } catch (error) {
      throw processServerError(error)
    }
  }

  return {
    status: () => call('/status'),
    conversations: () => call('/conversations'),
    messages: (id, before) => call<MessagesPage>(`${conversation(id)}?limit=50${before ? `&before=${encodeURIComponent(before)}` : ''}`).catch(noneYet),
    reply: (id, messageId) => call(`${conversation(id)}/${encodeURIComponent(messageId)}/reply`),
    post: (id, message) => call(conversation(id), { method: 'POST', body: JSON.stringify(message) }),
    offerUpload: (name, size) => call('/uploads', { method: 'POST', body: JSON.stringify({ name, size }) }),
    setting: (key) => call(`/settings/${encodeURIComponent(key)}`),
    choose: (key, value) => call(`/settings/${encodeURIComponent(key)}`, { method: 'PUT', body: JSON.stringify({ value }) }),
  }
}
