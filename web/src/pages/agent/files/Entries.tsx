/** What is in a folder. A folder leads on, a file is looked at, a link is only shown. */
import { Link } from '@tanstack/react-router'
import type { WorkspaceEntrySummary } from '../../../protocol'
import { words } from '../../../text/pages'
import { fileSize } from '../../../text/size'
import { DownloadIcon, FileIcon, FolderIcon, LinkIcon, PictureIcon } from '../../../ui/icons'
import { fullTime } from '../../../ui/time'
import styles from './Files.module.css'
import { inside, shownName } from './paths'

const { files: text } = words

const isPicture = (name: string) => /\.(png|jpe?g|gif|webp)$/i.test(name)

function Kind({ name, kind }: WorkspaceEntrySummary) {
  const Icon = kind === 'folder' ? FolderIcon : kind === 'link' ? LinkIcon : isPicture(name) ? PictureIcon : FileIcon
  return (
    <>
      <Icon className={styles.kind} />
      <span className="visually-hidden">{text.kinds[kind]}</span>
    </>
  )
}

/** A name with U+FFFD is not the name of anything: what was there is not UTF-8. */
const searchOf = (folder: string, { name, kind }: WorkspaceEntrySummary) => {
  if (name.includes('\ufffd')) return null
  if (kind === 'folder') return { path: inside(folder, name) }
  return kind === 'file' ? { ...(folder && { path: folder }), file: name } : null
}

function Entry({ folder, entry, onDownload }: { folder: string; entry: WorkspaceEntrySummary; onDownload: () => void }) {
  const { name, kind, bytes, modifiedAt } = entry
  const search = searchOf(folder, entry)
  const shown = shownName(name)
  const facts = text.facts(kind === 'file' ? fileSize(bytes) : '', modifiedAt ? fullTime(modifiedAt) : '')
  return (
    <li className={styles.entry}>
      <Kind {...entry} />
      <div className={styles.words}>
        {search ? (
          <Link to="/agent/files" search={search} className={styles.name}>
            <bdi>{shown}</bdi>
          </Link>
        ) : (
          <span className={styles.name}>
            <bdi>{shown}</bdi>
          </span>
        )}
        <p className={styles.facts}>{kind === 'link' ? text.linkHint : facts}</p>
      </div>
      {kind === 'file' && search && (
        <button type="button" className={styles.icon} aria-label={text.download(shown)} title={text.download(shown)} onClick={onDownload}>
          <DownloadIcon />
        </button>
      )}
    </li>
  )
}

interface EntriesProps {
  folder: string
  entries: readonly WorkspaceEntrySummary[]
  onDownload: (name: string) => void
}

export function Entries({ folder, entries, onDownload }: EntriesProps) {
  return (
    <ul className={styles.entries} aria-label={text.list}>
      {entries.map((entry) => (
        <Entry key={entry.name} folder={folder} entry={entry} onDownload={() => onDownload(entry.name)} />
      ))}
    </ul>
  )
}
