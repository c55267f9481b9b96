/** The files of one message box. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { DraftFile, Uploads } from '../chat/uploads'

export function useUploads(uploads: Uploads, online: boolean): DraftFile[] {
  const files = useSyncExternalStore(uploads.subscribe, uploads.files)
  useEffect(() => {
    if (online) uploads.resume()
  }, [online, uploads])
  return files
}

/** Files that are dropped anywhere on the page; without it a browser leaves the page for them. */
export function useDroppedFiles(onFiles: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false)
  useEffect(() => {
    const brings = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const onOver = (event: DragEvent) => {
      if (!brings(event)) return
      event.preventDefault()
      setOver(true)
    }
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const onDrop = (event: DragEvent) => {
      if (!brings(event)) return
      event.preventDefault()
      setOver(false)
      onFiles([...(event.dataTransfer?.files ?? [])])
    }
    window.addEventListener('dragover', onOver)
    window.addEventListener('dragleave', onLeave)
    window.addEventListener('drop', onDrop)
    return () => {
      window.removeEventListener('dragover', onOver)
      window.removeEventListener('dragleave', onLeave)
      window.removeEventListener('drop', onDrop)
    }
  }, [onFiles])
  return over
}
