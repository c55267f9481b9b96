/** The agent's files: looked at, fetched, and sent. Which folder, and which file in it, the address says. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useRef } from 'react'
import { AppError } from '../../api/errors'
import type { WorkspacePage } from '../../protocol'
import { words } from '../../text/pages'
import { fileSize } from '../../text/size'
import { RetryIcon, UploadIcon } from '../../ui/icons'
import { Loading, Nothing, Problem } from '../../ui/kit/Async'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { Confirm } from '../../ui/kit/Dialog'
import { fullTime } from '../../ui/time'
import { useDroppedFiles } from '../../ui/useUploads'
import { Crumbs } from './files/Crumbs'
import { Entries } from './files/Entries'
import styles from './files/Files.module.css'
import { partsOf, shownName } from './files/paths'
import { PreviewDialog } from './files/PreviewDialog'
import { TransferList } from './files/TransferList'
import { UPLOAD_BYTES } from './files/transfers'
import { useDownload } from './files/useDownload'
import { useFolder } from './files/useFolder'
import { useTransfers } from './files/useTransfers'
import { useUpload } from './files/useUpload'

const { files: text, common } = words

function sourceOf({ source, snapshotAt }: WorkspacePage): string {
  if (source === 'live') return text.live
  return snapshotAt === undefined ? text.neverSaved : text.saved(fullTime(snapshotAt))
}

export function FilesPage() {
  const { path = '', file } = useSearch({ strict: false })
  const navigate = useNavigate()
  const folder = useFolder(path)
  const { transfers, list } = useTransfers()
  const { take, asked, replace, close } = useUpload(transfers, path)
  const download = useDownload()
  const dropping = useDroppedFiles(take)
  const picker = useRef<HTMLInputElement>(null)

  const [first] = folder.data?.pages ?? []
  const entries = folder.data?.pages.flatMap((page) => page.entries) ?? []
  const isGone = folder.error instanceof AppError && folder.error.code === 'not_found'
  const here = shownName(partsOf(path).at(-1) ?? text.workspace)
  const fetchFile = (name: string) => download.run({ folder: path, name })
  const toFolder = (to: string) => void navigate({ to: '/agent/files', search: to ? { path: to } : {} })

  return (
    <>
      <Card
        title={here}
        about={text.about}
        actions={
          <>
            <Button busy={folder.isRefetching} onClick={() => void folder.refetch()}>
              <RetryIcon />
              {text.refresh}
            </Button>
            <Button tone="primary" onClick={() => picker.current?.click()}>
              <UploadIcon />
              {text.upload}
            </Button>
          </>
        }
      >
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={text.upload}
          onChange={({ target }) => {
            void take([...(target.files ?? [])])
            // The same file may be picked again.
            target.value = ''
          }}
        />
        {path && <Crumbs path={path} />}
        {first && (
          <p className={styles.source} data-source={first.source} role="status">
            {sourceOf(first)}
          </p>
        )}
        <p className={styles.takes} data-dropping={dropping}>
          {dropping ? text.drop(here) : text.takes(fileSize(UPLOAD_BYTES))}
        </p>
        {download.problem && (
          <p className={styles.problem} role="alert">
            {download.problem}
          </p>
        )}
        {isGone ? (
          <Nothing title={text.gone} action={<Button onClick={() => toFolder('')}>{text.top}</Button>}>
            {text.goneHow}
          </Nothing>
        ) : (
          folder.error && <Problem error={folder.error} onRetry={() => void folder.refetch()} />
        )}
        {folder.isPending && <Loading label={text.loading} lines={5} />}
        {first && entries.length === 0 && <Nothing title={text.empty}>{text.emptyHow}</Nothing>}
        {entries.length > 0 && <Entries folder={path} entries={entries} onDownload={fetchFile} />}
        {folder.hasNextPage && (
          <Button busy={folder.isFetchingNextPage} onClick={() => void folder.fetchNextPage()}>
            {common.more}
          </Button>
        )}
      </Card>
      {list.length > 0 && <TransferList list={list} transfers={transfers} />}
      {file && (
        <PreviewDialog
          folder={path}
          name={file}
          bytes={entries.find(({ name }) => name === file)?.bytes ?? null}
          downloading={download.busy}
          onDownload={() => fetchFile(file)}
          onClose={() => toFolder(path)}
        />
      )}
      <Confirm
        open={asked !== null}
        title={text.replace.title(asked?.replaced.length ?? 0)}
        action={text.replace.action}
        cancel={common.cancel}
        onConfirm={replace}
        onClose={close}
      >
        <p>{text.replace.body(asked?.replaced.length ?? 0, here)}</p>
        <ul className={styles.replaced}>
          {asked?.replaced.map((name) => (
            <li key={name}>
              <bdi>{shownName(name)}</bdi>
            </li>
          ))}
        </ul>
      </Confirm>
    </>
  )
}
