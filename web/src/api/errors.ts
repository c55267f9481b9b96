/** Turns whatever a request threw into something a person can act on. The only place that does. */
import { text } from '../text'

export class AppError extends Error {
  override name = 'AppError'
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, retryable: boolean) {
    super(message)
    this.code = code
    this.retryable = retryable
  }
}

/** No token can be had without the person: they have to sign in again. */
export class SignedOut extends AppError {
  override name = 'SignedOut'

  constructor() {
    super('signed_out', text.errors.signedOut, false)
  }
}

export async function responseError(response: Response): Promise<AppError> {
  if (response.status === 401) return new SignedOut()
  const body: unknown = await response.json().catch(() => null)
  const code = field(body, 'code') ?? `http_${response.status}`
  if (response.status === 429) return new AppError(code, text.errors.busy, true)
  if (response.status >= 500) return new AppError(code, text.errors.server, true)
  return new AppError(code, field(body, 'detail') ?? text.errors.unknown, false)
}

export function processServerError(error: unknown): AppError {
  if (error instanceof AppError) return error
  // fetch rejects with a TypeError when no answer came at all.
  if (error instanceof TypeError) return new AppError('network', text.errors.network, true)
  return new AppError('unknown', text.errors.unknown, true)
}

function field(body: unknown, name: string): string | null {
  if (typeof body !== 'object' || body === null) return null
  const value = (body as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : null
}
