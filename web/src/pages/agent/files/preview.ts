/** What of a file can be shown, and how. Never as something that could act: no SVG, no HTML. */
import type { Rest } from '../../../api/client'
import { answer } from '../../../api/client'

export const PREVIEW_BYTES = 1_048_576
/** Beyond this a text is shown as it is: neither formatted nor coloured. */
const FORMATTED_CHARS = 256 * 1024
const PICTURE_BYTES = 25 * 1_048_576
/** What the agent's machine sends to the store for a look. */
const FETCHED_BYTES = 100 * 1_048_576

const PICTURES: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' }

/** As highlighters call them. */
const LANGUAGES: Record<string, string> = {
  bash: 'bash', c: 'c', cc: 'cpp', cpp: 'cpp', cs: 'csharp', css: 'css', diff: 'diff', go: 'go', h: 'c', hpp: 'cpp', html: 'xml', htm: 'xml',
  ini: 'ini', java: 'java', js: 'javascript', json: 'json', jsonl: 'json', jsx: 'javascript', kt: 'kotlin', less: 'less', lua: 'lua',
  mjs: 'javascript', patch: 'diff', php: 'php', pl: 'perl', py: 'python', r: 'r', rb: 'ruby', rs: 'rust', scss: 'scss', sh: 'bash', sql: 'sql',
  svg: 'xml', swift: 'swift', toml: 'ini', ts: 'typescript', tsx: 'typescript', vb: 'vbnet', xml: 'xml', yaml: 'yaml', yml: 'yaml', zsh: 'bash',
} // prettier-ignore

/** What is certainly no text; anything else is looked at. */
const BINARY = /^(pdf|zip|gz|tgz|bz2|xz|7z|tar|exe|dll|so|bin|wasm|mp3|mp4|mov|avi|mkv|wav|ogg|flac|docx?|xlsx?|pptx?|sqlite3?|db|ttf|otf|woff2?|bmp|ico|heic|avif|tiff?)$/

export type Preview =
  | { kind: 'picture'; picture: Blob }
  | { kind: 'markdown' | 'plain'; text: string; cut: boolean }
  | { kind: 'code'; text: string; cut: boolean; language: string }
  | { kind: 'none'; why: 'none' | 'large' | 'blocked' | 'empty' }

export interface PreviewedFile {
  preview: Preview
  bytes: number
  /** Milliseconds; null: as it is now. */
  snapshotAt: number | null
}

export const extensionOf = (name: string): string => /\.([^.]+)$/.exec(name.toLowerCase())?.[1] ?? ''

export async function readPreview(rest: Rest, path: string, known: number | null, signal: AbortSignal): Promise<PreviewedFile> {
  const extension = extensionOf(path)
  const type = PICTURES[extension]
  // Asked for only if it can come to something: the agent's machine has to send all of it.
  const most = type ? PICTURE_BYTES : FETCHED_BYTES
  const refused = BINARY.test(extension) ? 'none' : known !== null && known > most ? 'large' : null
  if (refused && known !== null) return { preview: { kind: 'none', why: refused }, bytes: known, snapshotAt: null }
  const { url, bytes, snapshotAt = null } = await answer(rest.GET('/workspace/file', { params: { query: { path } }, signal }))
  const of = (preview: Preview): PreviewedFile => ({ preview, bytes, snapshotAt })
  if (refused) return of({ kind: 'none', why: refused })
  if (bytes === 0) return of({ kind: 'none', why: 'empty' })
  if (bytes > most) return of({ kind: 'none', why: 'large' })
  const head = await firstBytes(url, type ? PICTURE_BYTES : PREVIEW_BYTES, signal)
  if (head === null) return of({ kind: 'none', why: 'blocked' })
  if (type) return of({ kind: 'picture', picture: new Blob([head], { type }) })
  return of(textPreview(extension, head, bytes > PREVIEW_BYTES))
}

export function textPreview(extension: string, head: Uint8Array, cut: boolean): Preview {
  if (head.includes(0)) return { kind: 'none', why: 'none' }
  // A character that the cut went through is left out.
  const text = new TextDecoder().decode(head, { stream: cut })
  const formatted = text.length <= FORMATTED_CHARS
  if (formatted && (extension === 'md' || extension === 'markdown')) return { kind: 'markdown', text, cut }
  const language = LANGUAGES[extension]
  return formatted && language ? { kind: 'code', text, cut, language } : { kind: 'plain', text, cut }
}

/** A block of code as Markdown has it; the fence is longer than any in the text. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

/** Null: the store could not be read from this page. */
async function firstBytes(url: string, most: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    const response = await fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' })
    const reader = response.ok ? response.body?.getReader() : null
    if (!reader) return null
    for (;;) {
      // Each piece is where the one before ended.
      // oxlint-disable-next-line no-await-in-loop
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      length += value.length
      if (length < most) continue
      void reader.cancel()
      break
    }
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all.subarray(0, most)
}
