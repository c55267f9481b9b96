/**
 * What is said to the issuer, in the words of OpenID Connect: code with PKCE, the same code for
 * Cognito and the development issuer.
 *
 * `OidcClient` and not the library's `UserManager`: the frames, windows and timers that come with
 * that one are a third of the library, and none of them is used here.
 */
import { OidcClient, type SigninResponse, WebStorageStateStore } from 'oidc-client-ts'
import type { AppConfig } from '../protocol'

export const CALLBACK = '/callback'

/** What an issuer gave. `expires_in` counts down. */
export type Tokens = SigninResponse

export class Issuer {
  readonly #client: OidcClient
  readonly #clientId: string

  constructor({ issuer, clientId }: AppConfig) {
    this.#clientId = clientId
    this.#client = new OidcClient({
      authority: issuer,
      client_id: clientId,
      redirect_uri: window.location.origin + CALLBACK,
      post_logout_redirect_uri: `${window.location.origin}/`,
      response_type: 'code',
      scope: 'openid',
      // The PKCE verifier has to survive the redirect; it is useless without the code.
      stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
      loadUserInfo: false,
    })
  }

  /** Where a person signs in. With `none` the issuer says at once whether its session goes on. */
  async signInAddress(returnTo: string, prompt?: 'none'): Promise<string> {
    const request = await this.#client.createSigninRequest({ request_type: 'si:r', state: { returnTo }, ...(prompt && { prompt }) })
    return request.url
  }

  /** Of the address that the issuer sent the browser back to. */
  tokens(address: string): Promise<Tokens> {
    return this.#client.processSigninResponse(address)
  }

  async renewed({ refresh_token = '', id_token, session_state, scope, profile }: Tokens): Promise<Tokens> {
    const state = { refresh_token, session_state, profile, ...(id_token && { id_token }), ...(scope && { scope }) }
    const renewed = await this.#client.useRefreshToken({ state })
    // Cognito gives another refresh token only where rotation is switched on.
    renewed.refresh_token ??= refresh_token
    return renewed
  }

  async signOutAddress(tokens: Tokens | null): Promise<string> {
    const request = await this.#client.createSignoutRequest({
      ...(tokens?.id_token && { id_token_hint: tokens.id_token }),
      // Cognito's logout endpoint wants these two; others ignore them.
      extraQueryParams: { client_id: this.#clientId, logout_uri: `${window.location.origin}/` },
    })
    return request.url
  }
}
