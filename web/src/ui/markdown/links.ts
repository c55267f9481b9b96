/** What an agent's reply may point at. A reply is hostile until proven otherwise. */

const SAFE = new Set(['http:', 'https:', 'mailto:'])

/** Null for what must not become a link: scripts, data, and paths of this page. */
export function safeHref(href: string | undefined): string | null {
  try {
    const url = new URL(href ?? '')
    return SAFE.has(url.protocol) ? url.href : null
  } catch {
    return null
  }
}
