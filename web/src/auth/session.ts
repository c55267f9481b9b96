/**
 * Sign-in by OpenID Connect: code with PKCE, the same code for Cognito and the
 * development issuer.
 *
 * Tokens live in memory only, so no script of another tab or a later visit can
 * read them. What survives a reload is one flag that says "was signed in here",
 * which asks the issuer, without a word to the person, whether its session goes on.
 */
import { ErrorResponse, InMemoryWebStorage, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import { SignedOut } from '../api/errors'
import type { AppConfig } from '../protocol'

export type SessionState = 'signedIn' | 'signedOut' | 'ended' | 'failed' | 'unreachable'

export interface Session {
  state: () => SessionState
  subscribe: (listener: () => void) => () => void
  signIn: () => Promise<void>
  signOut: () => Promise<void>
  /** Good for a while yet. Rejects with `SignedOut` when only the person can help. */
  accessToken: () => Promise<string>
  name: () => string | null
}

const FLAG = 'openclaw.signedIn'
const CALLBACK = '/callback'
/** What an issuer answers when it was asked not to show anything and would have to. */
const NEEDS_PERSON = new Set(['login_required', 'interaction_required', 'consent_required', 'account_selection_required'])
/** A token with less life than this is renewed before it is used. */
const SPARE_SECONDS = 30

export async function startSession(config: AppConfig): Promise<Session> {
  const session = new OidcSession(config)
  await session.begin()
  return session
}

function settings({ issuer, clientId }: AppConfig) {
  const { origin } = window.location
  return {
    authority: issuer,
    client_id: clientId,
    redirect_uri: origin + CALLBACK,
    post_logout_redirect_uri: `${origin}/`,
    response_type: 'code',
    scope: 'openid',
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    // The PKCE verifier has to survive the redirect; it is useless without the code.
    stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
    // Renewal is ours, or two could run at once; see #renew.
    automaticSilentRenew: false,
    monitorSession: false,
    loadUserInfo: false,
  }
}

class OidcSession implements Session {
  readonly #manager: UserManager
  readonly #clientId: string
  readonly #listeners = new Set<() => void>()
  #state: SessionState = 'signedOut'
  #name: string | null = null
  #renewal: Promise<User | null> | null = null

  constructor(config: AppConfig) {
    this.#clientId = config.clientId
    this.#manager = new UserManager(settings(config))
    this.#manager.events.addUserLoaded(({ profile }) => {
      this.#name = profile.name ?? profile.preferred_username ?? profile.email ?? profile.sub
    })
    // A renewal that fails here is tried again by whoever needs the token next.
    this.#manager.events.addAccessTokenExpiring(() => void this.#renew().catch(() => null))
  }

  readonly state = (): SessionState => this.#state

  readonly name = (): string | null => this.#name

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async begin(): Promise<void> {
    if (window.location.pathname === CALLBACK) return this.#finishSignIn()
    if (!sessionStorage.getItem(FLAG)) return
    // Once only: should the issuer not answer, the person decides what is next.
    sessionStorage.removeItem(FLAG)
    await this.#redirect({ prompt: 'none' })
  }

  readonly signIn = (): Promise<void> => this.#redirect({})

  async #redirect(more: { prompt?: string }): Promise<void> {
    const here = window.location.pathname
    try {
      await this.#manager.signinRedirect({ ...more, state: { returnTo: here === CALLBACK ? '/' : here } })
    } catch {
      this.#become('unreachable')
    }
  }

  async #finishSignIn(): Promise<void> {
    try {
      const user = await this.#manager.signinCallback()
      window.history.replaceState(null, '', returnTo(user))
      this.#become(user ? 'signedIn' : 'failed')
    } catch (error) {
      const asked = error instanceof ErrorResponse && NEEDS_PERSON.has(error.error ?? '') ? error : undefined
      window.history.replaceState(null, '', returnTo(asked))
      // Otherwise a stale or repeated callback, or a person who said no: all may simply try again.
      this.#become(asked ? 'signedOut' : 'failed')
    }
  }

  readonly signOut = async (): Promise<void> => {
    this.#become('signedOut')
    // Cognito's logout endpoint wants these two; others ignore them.
    const extraQueryParams = { client_id: this.#clientId, logout_uri: `${window.location.origin}/` }
    try {
      await this.#manager.signoutRedirect({ extraQueryParams })
    } catch {
      await this.#manager.removeUser()
    }
  }

  readonly accessToken = async (): Promise<string> => {
    const user = await this.#manager.getUser()
    if (user && (user.expires_in ?? 0) > SPARE_SECONDS) return user.access_token
    if (!user?.refresh_token) return this.#end()
    try {
      return (await this.#renew())?.access_token ?? this.#end()
    } catch (error) {
      // The issuer refused, or it could not be asked: only the first is the end of the session.
      if (error instanceof ErrorResponse || error instanceof SignedOut) return this.#end()
      throw new TypeError('the issuer could not be reached', { cause: error })
    }
  }

  /** One at a time: an issuer may take each refresh token only once. */
  #renew(): Promise<User | null> {
    this.#renewal ??= this.#manager.signinSilent().finally(() => {
      this.#renewal = null
    })
    return this.#renewal
  }

  #end(): never {
    if (this.#state === 'signedIn') this.#become('ended')
    throw new SignedOut()
  }

  #become(next: SessionState): void {
    this.#state = next
    if (next === 'signedIn') sessionStorage.setItem(FLAG, '1')
    else sessionStorage.removeItem(FLAG)
    for (const listener of this.#listeners) listener()
  }
}

/** Only a path of this page: whatever came back in the state is not a reason to go elsewhere. */
export function returnTo(user: { state?: unknown } | undefined): string {
  const state: unknown = user?.state
  const path = typeof state === 'object' && state !== null && 'returnTo' in state ? state.returnTo : null
  return typeof path === 'string' && /^\/(?![/\\])/.test(path) ? path : '/'
}
