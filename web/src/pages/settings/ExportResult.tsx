/** What an export has in it, what not, and where to fetch it. */
import { useEffect, useRef } from 'react'
import type { ExportOffer } from '../../protocol'
import { fileSize } from '../../text/size'
import { words } from '../../text/pages'
import { DownIcon } from '../../ui/icons'
import buttons from '../../ui/kit/Button.module.css'
import { clockTime } from '../../ui/time'
import { useSecondsLeft } from '../agent/telegram/useSecondsLeft'
import styles from './Data.module.css'

const say = words.data.export
const names: Readonly<Record<string, string>> = say.parts

export function ExportResult({ offer }: { offer: ExportOffer }) {
  const { url, expiresAt, bytes, contents, leftOut } = offer
  const left = useSecondsLeft(expiresAt)
  const link = useRef<HTMLAnchorElement>(null)
  const size = fileSize(bytes)

  // Whoever waited for it goes on with it.
  useEffect(() => link.current?.focus(), [])

  return (
    <div className={styles.result}>
      <p role="status" className={styles.ready}>
        {left > 0 ? say.ready(size) : say.expired}
      </p>
      {left > 0 && (
        <div className={styles.fetch}>
          <a ref={link} className={buttons.button} data-tone="primary" href={url} download rel="noreferrer">
            <DownIcon />
            {say.download(size)}
          </a>
          <p className={styles.soft}>{say.until(clockTime(expiresAt))}</p>
        </div>
      )}
      <h3 className={styles.heading}>{say.contents}</h3>
      <ul className={styles.rows}>
        {contents.map((part) => (
          <li key={part.path} className={styles.row}>
            <span className={styles.name}>
              {names[part.path] ?? part.path}
              <code className={styles.path}>{part.path}</code>
            </span>
            <span className={styles.amount}>
              {say.files(part.files)}, {fileSize(part.bytes)}
            </span>
          </li>
        ))}
      </ul>
      <p className={styles.soft}>{say.unpacked}</p>
      <h3 className={styles.heading}>{say.leftOut}</h3>
      {leftOut.length === 0 && <p className={styles.soft}>{say.nothingLeftOut}</p>}
      <ul className={styles.rows}>
        {leftOut.map(({ path, why, how }) => (
          <li key={`${path} ${why}`} className={styles.left}>
            <code>{path}</code>
            <span>{say.served(why)}</span>
            <span className={styles.soft}>{say.served(how)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
