/** AWS's signature, version 4, of a request to loopback as the account's own user. */
import { createHash, createHmac } from 'node:crypto'

const ID = 'test'
const SECRET = 'test'
const REGION = 'us-east-1'

export function signed(service: string, method: string, url: URL, body: string | Uint8Array, headers: Record<string, string> = {}): Record<string, string> {
  const at = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '')
  const hash = sha256(body)
  const all: Record<string, string> = { ...headers, host: url.host, 'x-amz-content-sha256': hash, 'x-amz-date': at }
  const names = Object.keys(all).toSorted()
  const canonical = [
    method, url.pathname, [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).toSorted().join('&'),
    ...names.map((name) => `${name}:${all[name]}`), '', names.join(';'), hash,
  ].join('\n')
  const scope = `${at.slice(0, 8)}/${REGION}/${service}/aws4_request`
  const key = scope.split('/').reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${SECRET}`)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex')
  const { host: _, ...sent } = all
  return { ...sent, authorization: `AWS4-HMAC-SHA256 Credential=${ID}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` }
}

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
