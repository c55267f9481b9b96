/** As the page does it: Cognito's own pages, a code, and PKCE. Each page's form is filled in and sent until one leads back to the page. */
import { createHash, randomBytes } from 'node:crypto'
import type { Json, Ministack } from './ministack.ts'
import type { Deployment } from './talk.ts'

const EMAIL = 'ana@example.com'
const PASSWORD = 'Correct-horse-7'
/** A name, a password, and one to spare. */
const PAGES = 3

export async function signIn(ministack: Ministack, deployment: Deployment): Promise<string> {
  const { USER_POOL_ID, OIDC_CLIENT_ID, PAGE_URL } = deployment
  await invite(ministack, USER_POOL_ID!)
  const verifier = randomBytes(32).toString('base64url')
  const redirect = `${PAGE_URL}/callback`
  const code = await codeFor(ministack.url, {
    client_id: OIDC_CLIENT_ID!, redirect_uri: redirect, response_type: 'code', scope: 'openid', state: 's',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  })
  const asked = { grant_type: 'authorization_code', client_id: OIDC_CLIENT_ID!, redirect_uri: redirect, code }
  const answer = await post(`${ministack.url}/oauth2/token`, { ...asked, code_verifier: verifier })
  const tokens = (await answer.json()) as Record<string, string>
  if (!tokens['access_token']) throw new Error(`no token: ${JSON.stringify(tokens)}`)
  return tokens['access_token']
}

async function invite(ministack: Ministack, pool: string): Promise<void> {
  const cognito = (operation: string, body: Json) => ministack.json('cognito-idp', `AWSCognitoIdentityProviderService.${operation}`, body)
  const of = { UserPoolId: pool, Username: EMAIL }
  const attributes = [{ Name: 'email', Value: EMAIL }, { Name: 'email_verified', Value: 'true' }]
  await cognito('AdminCreateUser', { ...of, MessageAction: 'SUPPRESS', UserAttributes: attributes })
  await cognito('AdminSetUserPassword', { ...of, Password: PASSWORD, Permanent: true })
}

async function codeFor(url: string, asked: Record<string, string>): Promise<string> {
  let page = await fetch(`${url}/oauth2/authorize?${new URLSearchParams(asked)}`, { redirect: 'manual' })
  for (let step = 0; step <= PAGES; step += 1) {
    const back = page.headers.get('location')
    const code = back === null ? null : new URL(back, url).searchParams.get('code')
    if (code) return code
    const html = await page.text()
    if (step === PAGES || !html.includes('<form')) throw new Error(`no way back to the page: ${page.status} ${back ?? ''} ${html.slice(-600)}`)
    page = await post(`${url}/login`, filled(html))
  }
  throw new Error('unreachable')
}

function attribute(of: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(of)?.[1]
}

/** Hidden fields as they are, and what a person would write into the others. */
function filled(html: string): Record<string, string> {
  const inputs = [...html.matchAll(/<(?:input|button)([^>]*)>/g)].map(([, attributes]) => attributes!)
  const fields = inputs.flatMap((of): [string, string][] => {
    const name = attribute(of, 'name')
    if (name === undefined) return []
    return [[name, name === 'username' ? EMAIL : name === 'password' ? PASSWORD : (attribute(of, 'value') ?? '').replaceAll('&amp;', '&')]]
  })
  return Object.fromEntries(fields)
}

function post(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })
}
