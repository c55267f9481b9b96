/** The REST API. Each call carries a fresh token and fails with an `AppError`. */
import type { ConversationsPage, Message, MessagesPage, PostMessage, ServerFrame, StatusResponse, UploadOffer, UserSettings } from '../protocol'
import { processServerError, responseError } from './errors'

export type Accepted = Omit<Extract<ServerFrame, { type: 'accepted' }>, 'type'>

export interface Api {
  status(): Promise<StatusResponse>
  conversations(): Promise<ConversationsPage>
  messages(conversationId: string, before?: string): Promise<MessagesPage>
  reply(conversationId: string, messageId: string): Promise<Message>
  post(conversationId: string, message: PostMessage): Promise<Accepted>
  /** Where one file may be sent. */
  offerUpload(name: string, size: number): Promise<UploadOffer>
  settings(): Promise<UserSettings>
  changeSettings(settings: UserSettings): Promise<UserSettings>
}

const conversation = (id: string) => `/conversations/${encodeURIComponent(id)}/messages`

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
    messages: (id, before) => call(`${conversation(id)}?limit=50${before ? `&before=${encodeURIComponent(before)}` : ''}`),
    reply: (id, messageId) => call(`${conversation(id)}/${encodeURIComponent(messageId)}/reply`),
    post: (id, message) => call(conversation(id), { method: 'POST', body: JSON.stringify(message) }),
    offerUpload: (name, size) => call('/uploads', { method: 'POST', body: JSON.stringify({ name, size }) }),
    settings: () => call('/settings'),
    changeSettings: (settings) => call('/settings', { method: 'PUT', body: JSON.stringify(settings) }),
  }
}
