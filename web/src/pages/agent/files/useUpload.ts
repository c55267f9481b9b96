/** From picked files to uploads: what cannot be sent says why, and what would be overwritten is asked about first. */
import { useCallback, useState } from 'react'
import { AppError } from '../../../api/errors'
import { useApp } from '../../../app/context'
import type { WorkspaceEntrySummary } from '../../../protocol'
import { words } from '../../../text/pages'
import { fileSize } from '../../../text/size'
import { pathProblem } from './paths'
import { type Transfers, UPLOAD_BYTES } from './transfers'
import { entriesOf } from './useFolder'

const { transfers: text } = words.files

/** Files that wait for a word, because of those that are there already. */
export interface Asked {
  folder: string
  files: readonly File[]
  replaced: readonly string[]
}

export function useUpload(transfers: Transfers, folder: string) {
  const { rest } = useApp()
  const [asked, setAsked] = useState<Asked | null>(null)

  const take = useCallback(
    async (picked: readonly File[]) => {
      if (picked.length === 0) return
      try {
        const entries = await entriesOf(rest, folder).catch(noneYet)
        const kinds = new Map(entries.map(({ name, kind }) => [name, kind]))
        const fitting = picked.filter((file) => {
          const problem = problemOf(folder, file, kinds.get(file.name))
          if (problem) transfers.refuse(folder, file, problem)
          return problem === null
        })
        const replaced = fitting.map(({ name }) => name).filter((name) => kinds.has(name))
        if (replaced.length > 0) setAsked({ folder, files: fitting, replaced })
        else transfers.add(folder, fitting)
      } catch {
        for (const file of picked) transfers.refuse(folder, file, text.unread)
      }
    },
    [rest, transfers, folder],
  )

  const close = () => setAsked(null)
  const replace = () => {
    if (asked) transfers.add(asked.folder, asked.files)
    close()
  }
  return { take, asked, replace, close }
}

function problemOf(folder: string, { name, size }: File, there: WorkspaceEntrySummary['kind'] | undefined): string | null {
  const wrong = pathProblem(folder, name)
  if (wrong) return text[wrong]
  if (size > UPLOAD_BYTES) return text.tooLarge(fileSize(size), fileSize(UPLOAD_BYTES))
  return there === 'folder' ? text.isFolder : null
}

function noneYet(error: unknown): WorkspaceEntrySummary[] {
  if (error instanceof AppError && error.code === 'not_found') return []
  throw error
}
