/**
 * Who is signed in here, and for how long.
 *
 * Tokens live in memory only, so no script of another tab or a later visit can read them. What is
 * kept is one flag that says "was signed in here", which asks the issuer, without a word to the
 * person, whether its session goes on.
 */
import { ErrorResponse } from 'oidc-client-ts'
import { SignedOut } from '../api/errors'
import type { AppConfig } from '../protocol'
import { CALLBACK, Issuer, type Tokens } from './issuer'

/** `away`: somebody was signed in here, and the issuer cannot be asked whether they still are. */
export type SessionState = 'signedIn' | 'signedOut' | 'ended' | 'failed' | 'unreachable' | 'away'

export interface Session {
  state: () => SessionState
  subscribe: (listener: () => void) => () => void
  signIn: () => Promise<void>
  /** Asks again, after `away`. */
  resume: () => Promise<void>
  /** In this browser, in all its tabs. */
  signOut: () => Promise<void>
  /** Good for a while yet, or just made. Rejects with `SignedOut` when only the person can help. */
  accessToken: (isNew?: boolean) => Promise<string>
  name: () => string | null
  /** The issuer's id of the person: what is remembered here is remembered for it. */
  subject: () => string | null
}

const FLAG = 'openclaw.signedIn'
const ASKING = 'openclaw.asking'
/** What an issuer answers when it was asked not to show anything and would have to. */
const NEEDS_PERSON = new Set(['login_required', 'interaction_required', 'consent_required', 'account_selection_required'])
/** A token with less life than this is renewed before it is used. */
const SPARE_SECONDS = 30
const RENEW_SECONDS_BEFORE = 60

export async function startSession(config: AppConfig): Promise<Session> {
  const session = new OidcSession(new Issuer(config))
  await session.begin()
  return session
}

class OidcSession implements Session {
  readonly #issuer: Issuer
  readonly #listeners = new Set<() => void>()
  /** The other tabs of this browser: who signs out in one has signed out in all. */
  readonly #tabs = new BroadcastChannel('openclaw.session')
  #state: SessionState = 'signedOut'
  #tokens: Tokens | null = null
  #renewal: Promise<Tokens> | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(issuer: Issuer) {
    this.#issuer = issuer
    this.#tabs.addEventListener('message', () => this.#forget())
  }

  readonly state = (): SessionState => this.#state

  readonly name = (): string | null => {
    const profile = this.#tokens?.profile
    return profile ? (profile.name ?? profile.preferred_username ?? profile.email ?? profile.sub) : null
  }

  readonly subject = (): string | null => this.#tokens?.profile.sub ?? null

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async begin(): Promise<void> {
    if (window.location.pathname === CALLBACK) return this.#finishSignIn()
    if (!localStorage.getItem(FLAG)) return
    // Once only: should the issuer not send the browser back, the person decides what is next.
    const asked = sessionStorage.getItem(ASKING)
    sessionStorage.removeItem(ASKING)
    if (!asked) await this.resume()
  }

  readonly resume = async (): Promise<void> => {
    try {
      const address = await this.#issuer.signInAddress(here(), 'none')
      sessionStorage.setItem(ASKING, '1')
      await leaveFor(address)
    } catch {
      this.#become('away')
    }
  }

  readonly signIn = async (): Promise<void> => {
    try {
      await leaveFor(await this.#issuer.signInAddress(here()))
    } catch {
      this.#become('unreachable')
    }
  }

  async #finishSignIn(): Promise<void> {
    sessionStorage.removeItem(ASKING)
    try {
      const tokens = await this.#issuer.tokens(window.location.href)
      this.#keep(tokens)
      window.history.replaceState(null, '', returnTo({ state: tokens.userState }))
      this.#become('signedIn')
    } catch (error) {
      const asked = error instanceof ErrorResponse && NEEDS_PERSON.has(error.error ?? '') ? error : undefined
      window.history.replaceState(null, '', returnTo(asked))
      // Otherwise a stale or repeated callback, or a person who said no: all may simply try again.
      this.#become(asked ? 'signedOut' : 'failed')
    }
  }

  readonly signOut = async (): Promise<void> => {
    const tokens = this.#tokens
    this.#forget()
    // A channel reaches no other origin and takes no target.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.#tabs.postMessage('signedOut')
    // An issuer that cannot be reached keeps its session; here it has ended all the same.
    await this.#issuer.signOutAddress(tokens).then(leaveFor, () => null)
  }

  readonly accessToken = async (isNew = false): Promise<string> => {
    const tokens = this.#tokens
    if (!isNew && tokens && (tokens.expires_in ?? 0) > SPARE_SECONDS) return tokens.access_token
    if (!tokens?.refresh_token) return this.#end()
    try {
      return (await this.#renew(tokens)).access_token
    } catch (error) {
      // The issuer refused, or it could not be asked: only the first is the end of the session.
      if (error instanceof ErrorResponse) return this.#end()
      throw new TypeError('the issuer could not be reached', { cause: error })
    }
  }

  /** One at a time: an issuer may take each refresh token only once. */
  #renew(tokens: Tokens): Promise<Tokens> {
    this.#renewal ??= this.#issuer
      .renewed(tokens)
      .then((renewed) => {
        // Whoever signed out meanwhile stays signed out.
        if (this.#tokens === tokens) this.#keep(renewed)
        return renewed
      })
      .finally(() => {
        this.#renewal = null
      })
    return this.#renewal
  }

  /** Renewed before it is needed. Should that fail, whoever needs the token next tries again. */
  #keep(tokens: Tokens): void {
    this.#tokens = tokens
    clearTimeout(this.#timer)
    const seconds = (tokens.expires_in ?? 0) - RENEW_SECONDS_BEFORE
    if (tokens.refresh_token && seconds > 0) this.#timer = setTimeout(() => void this.#renew(tokens).catch(() => null), seconds * 1000)
  }

  #forget(): void {
    this.#tokens = null
    clearTimeout(this.#timer)
    this.#become('signedOut')
  }

  #end(): never {
    if (this.#state === 'signedIn') this.#become('ended')
    throw new SignedOut()
  }

  #become(next: SessionState): void {
    this.#state = next
    if (next === 'signedIn') localStorage.setItem(FLAG, '1')
    else if (next !== 'away' && next !== 'unreachable') localStorage.removeItem(FLAG)
    for (const listener of this.#listeners) listener()
  }
}

const here = (): string => {
  const { pathname, search } = window.location
  return pathname === CALLBACK ? '/' : pathname + search
}

/** It is over when the browser kept this page, and shows it again. */
const leaveFor = (address: string): Promise<void> =>
  new Promise((resolve) => {
    window.addEventListener('pageshow', ({ persisted }) => persisted && resolve())
    window.location.assign(address)
  })

/** Only a path of this page: whatever came back in the state is not a reason to go elsewhere. */
export function returnTo(user: { state?: unknown } | undefined): string {
  const state: unknown = user?.state
  const path = typeof state === 'object' && state !== null && 'returnTo' in state ? state.returnTo : null
  return typeof path === 'string' && /^\/(?![/\\])/.test(path) ? path : '/'
}
