/** One file, looked at without leaving the folder. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useApp } from '../../../app/context'
import { words } from '../../../text/pages'
import { fileSize } from '../../../text/size'
import { DownloadIcon } from '../../../ui/icons'
import { Loading, Problem } from '../../../ui/kit/Async'
import { Button } from '../../../ui/kit/Button'
import { Dialog } from '../../../ui/kit/Dialog'
import { LazyMarkdown } from '../../../ui/LazyMarkdown'
import { fullTime } from '../../../ui/time'
import styles from './Files.module.css'
import { inside, shownName } from './paths'
import { onceMore } from './useFolder'
import { fenced, type Preview, PREVIEW_BYTES, readPreview } from './preview'

const { files } = words
const { preview: text } = files

interface PreviewDialogProps {
  folder: string
  name: string
  /** As the list has it; null when the file was come to by a link. */
  bytes: number | null
  downloading: boolean
  onDownload: () => void
  onClose: () => void
}

export function PreviewDialog({ folder, name, bytes, downloading, onDownload, onClose }: PreviewDialogProps) {
  const { rest } = useApp()
  const path = inside(folder, name)
  const { data, error, refetch } = useQuery({
    queryKey: ['workspaceFile', path],
    queryFn: ({ signal }) => readPreview(rest, path, bytes, signal),
    retry: onceMore,
    // It may be another one the next time, and its address lives ten minutes.
    staleTime: Infinity,
    gcTime: 0,
  })
  const shown = shownName(name)
  return (
    <Dialog
      open
      wide
      title={shown}
      about={data && text.facts(fileSize(data.bytes), data.snapshotAt === null ? null : fullTime(data.snapshotAt))}
      onClose={onClose}
    >
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading label={text.loading(shown)} lines={5} />}
      {data && <Shown preview={data.preview} name={shown} />}
      <div className={styles.buttons}>
        <Button tone="primary" busy={downloading} onClick={onDownload}>
          <DownloadIcon />
          {files.downloadAction}
        </Button>
      </div>
    </Dialog>
  )
}

function Shown({ preview, name }: { preview: Preview; name: string }) {
  if (preview.kind === 'none') return <p className={styles.unshown}>{text[preview.why]}</p>
  if (preview.kind === 'picture') return <Picture picture={preview.picture} name={name} />
  return (
    <>
      {preview.cut && <p className={styles.facts}>{text.cut(fileSize(PREVIEW_BYTES))}</p>}
      {/* What scrolls is reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.paper} data-kind={preview.kind} tabIndex={0} role="region" aria-label={name}>
        {preview.kind === 'plain' ? (
          <pre className={styles.plain} dir="auto">
            {preview.text}
          </pre>
        ) : (
          <LazyMarkdown text={preview.kind === 'code' ? fenced(preview.text, preview.language) : preview.text} streaming={false} />
        )}
      </div>
    </>
  )
}

function Picture({ picture, name }: { picture: Blob; name: string }) {
  const [broken, setBroken] = useState(false)
  const show = useCallback(
    (image: HTMLImageElement) => {
      const url = URL.createObjectURL(picture)
      image.src = url
      return () => URL.revokeObjectURL(url)
    },
    [picture],
  )
  if (broken) return <p className={styles.unshown}>{text.none}</p>
  return <img ref={show} className={styles.picture} alt={name} onError={() => setBroken(true)} />
}
