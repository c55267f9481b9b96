/** Deletes a conversation until nothing of it is left. */
import type { Rest } from '../api/client'
import { AppError } from '../api/errors'
import { words } from '../text/pages'

/** So many rows go with one request that no conversation of a person needs more. */
const REQUESTS = 100

/** The first answer hides it; each 202 says that rows of it are left. What is left after that expires by itself. */
export async function deleteConversation(rest: Rest, id: string): Promise<void> {
  for (let request = 1; request <= REQUESTS; request += 1) {
    // One after the other: the next one is needed only if this one did not finish.
    // oxlint-disable-next-line no-await-in-loop
    const { response } = await rest.DELETE('/conversations/{id}', { params: { path: { id } } }).catch((error: unknown) => refused(error, request))
    if (response.status !== 202) return
  }
}

function refused(error: unknown, request: number): { response: Pick<Response, 'status'> } {
  // It was marked by an earlier request, and another device has finished it.
  if (error instanceof AppError && error.code === 'not_found' && request > 1) return { response: { status: 204 } }
  if (error instanceof AppError && error.code === 'messages_open') throw new AppError(error.code, words.conversations.waits, true)
  throw error
}
