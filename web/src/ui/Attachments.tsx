/** Files: of the message that is being written, and of one that was sent. */
import type { DraftFile } from '../chat/uploads'
import type { AttachedFile } from '../protocol'
import { text } from '../text'
import styles from './Attachments.module.css'
import { CloseIcon, FileIcon, RetryIcon } from './icons'
import { fileSize } from '../text/size'

interface DraftFilesProps {
  files: DraftFile[]
  onRetry: (id: string) => void
  onRemove: (id: string) => void
}

export function DraftFiles({ files, onRetry, onRemove }: DraftFilesProps) {
  return (
    <ul className={styles.drafts} aria-label={text.attachments.label}>
      {files.map(({ id, name, size, state, progress, problem, retry }) => (
        <li key={id} className={styles.draft} data-state={state}>
          <FileIcon className={styles.icon} />
          <span className={styles.about}>
            <span className={styles.name} dir="auto" title={name}>
              {name}
            </span>
            {problem ? (
              <span role="alert" className={styles.problem}>
                {problem}
              </span>
            ) : (
              size !== null && <span className={styles.size}>{fileSize(size)}</span>
            )}
            {state === 'sending' && <progress className={styles.progress} value={progress} aria-label={text.attachments.sending(name)} />}
          </span>
          {retry && (
            <button type="button" className={styles.action} aria-label={text.attachments.retry(name)} onClick={() => onRetry(id)}>
              <RetryIcon />
            </button>
          )}
          <button type="button" className={styles.action} aria-label={text.attachments.remove(name)} onClick={() => onRemove(id)}>
            <CloseIcon />
          </button>
        </li>
      ))}
    </ul>
  )
}

export function SentFiles({ files }: { files: AttachedFile[] }) {
  return (
    <ul className={styles.sent} aria-label={text.attachments.label}>
      {files.map(({ key, name }, index) => (
        // One file may be attached twice.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={`${key} ${index}`} className={styles.file}>
          <FileIcon className={styles.icon} />
          <span className={styles.name} dir="auto" title={name}>
            {name}
          </span>
        </li>
      ))}
    </ul>
  )
}
