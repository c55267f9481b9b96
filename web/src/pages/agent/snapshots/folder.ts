/** The folder that a snapshot's files are restored into: the server's rules (docs/protocol.md), told while one types. */
const MAX_BYTES = 100

export type FolderProblem = 'tooLong' | 'slash' | 'dot' | 'space' | 'control'

/** Null: fine as it is. Empty is fine, too: the server then names it. */
export function folderProblem(name: string): FolderProblem | null {
  if (new TextEncoder().encode(name).length > MAX_BYTES) return 'tooLong'
  if (/[/\\]/.test(name)) return 'slash'
  if (/\p{Cc}/u.test(name)) return 'control'
  if (name.startsWith('.')) return 'dot'
  return name.trim() === name ? null : 'space'
}

/** What the server calls the folder that nobody named: by the snapshot's time, in UTC. */
export function folderOf(at: number): string {
  const [day, time = ''] = new Date(at).toISOString().split('T')
  return `restored-${day}-${time.slice(0, 5).replace(':', '')}`
}
