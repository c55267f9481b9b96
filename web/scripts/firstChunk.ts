/**
 * Puts all that the page needs before it shows anything into one file.
 *
 * Left to itself the build cuts a chunk for each set of pages that share something, and the first load is
 * thirty of them: each with names to import and export, and none with much to compress against.
 */
import type { Rolldown } from 'vite'

type Context = Rolldown.ChunkingContext

export function firstChunk(entry: string) {
  let needed: Set<string> | undefined
  return {
    debugName: 'first load',
    name: (id: string, context: Context) => ((needed ??= importedBy(entry, context)).has(id) ? 'page' : null),
  }
}

/** At once, and not later: what `import()` names is no part of it. */
function importedBy(entry: string, context: Context): Set<string> {
  const found = new Set<string>()
  const walk = (id: string) => {
    if (found.has(id)) return
    found.add(id)
    context.getModuleInfo(id)?.importedIds.forEach(walk)
  }
  walk(entry)
  return found
}
