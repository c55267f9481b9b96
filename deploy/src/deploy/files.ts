/** How each file of the page is stored: its type, and how long a browser may keep it. */
import { readdirSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { Refusal } from '../errors.ts'

export interface Upload {
  key: string
  file: string
  contentType: string
  cacheControl: string
}

/** Vite puts a hash of the content into these names, so they never change. */
const HASHED = 'assets/'
const FOREVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

export const isHashed = (key: string): boolean => key.startsWith(HASHED)

export function headersOf(key: string): Pick<Upload, 'contentType' | 'cacheControl'> {
  const contentType = TYPES[extname(key)]
  if (!contentType) throw new Refusal(`Of ${key} nobody knows the content type: add its ending to deploy/src/deploy/files.ts.`)
  return { contentType, cacheControl: isHashed(key) ? FOREVER : ASK_AGAIN }
}

/** What a new page names must be there before the page is: hashed files first, what opens the page last. */
const LAST = ['sw.js', 'index.html']

export function uploads(folder: string): Upload[] {
  const keys = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) !== '.map')
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
  const rank = (key: string) => (isHashed(key) ? -1 : LAST.indexOf(key) + 1)
  return keys
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((key) => ({ key, file: join(folder, key), ...headersOf(key) }))
}

/** Hashed files need none: their names are new. */
export const toInvalidate = (keys: string[]): string[] => {
  const plain = keys.filter((key) => !isHashed(key)).map((key) => `/${key}`)
  return plain.includes('/index.html') ? ['/', ...plain] : plain
}
