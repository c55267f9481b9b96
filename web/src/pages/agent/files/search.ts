/** Where in the workspace somebody is, in the address: back and forward work, and links to it. */
export interface FilesSearch {
  /** A folder; the workspace itself without it. */
  path?: string
  /** A name in that folder, which is shown. */
  file?: string
}

/** The router reads `?path=2026` as a number. */
const said = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

export function filesSearch(search: Record<string, unknown>): FilesSearch {
  const path = said(search['path'])
  const file = said(search['file'])
  return { ...(path && { path }), ...(file && { file }) }
}
