/** What the service worker does with a request. What it does not know it leaves alone. */

/** A page of ours, a file whose name changes with its content, or a file that keeps its name. */
export type Kind = 'page' | 'asset' | 'latest'

/** Other services on the same origin: nothing of them is ever kept. */
const NOT_OURS = ['/api', '/oidc', '/ws', '/local', '/telegram', '/telegram-api']

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

export function kindOf({ method, mode, url }: Pick<Request, 'method' | 'mode' | 'url'>, origin: string, kept: readonly string[]): Kind | null {
  const { origin: theirs, pathname } = new URL(url)
  if (method !== 'GET' || theirs !== origin || NOT_OURS.some((folder) => isBelow(pathname, folder))) return null
  if (isBelow(pathname, '/assets')) return 'asset'
  if (mode === 'navigate') return 'page'
  return kept.includes(pathname) ? 'latest' : null
}
