/** A code that waits to be sent to the bot: by camera, by link, or by hand. */
import { QRCodeSVG } from 'qrcode.react'
import { useEffect, useRef, useState } from 'react'
import type { IssuedLinkCode } from '../../../protocol'
import { words } from '../../../text/pages'
import { CheckIcon, CopyIcon } from '../../../ui/icons'
import { Button } from '../../../ui/kit/Button'
import buttons from '../../../ui/kit/Button.module.css'
import { Card } from '../../../ui/kit/Card'
import styles from './Telegram.module.css'

interface LinkCodeProps {
  issued: IssuedLinkCode
  /** Seconds; 0: it has expired. */
  left: number
  busy: boolean
  problem: string | null
  onAnother: () => void
  onClose: () => void
}

export function LinkCode({ issued, left, busy, problem, onAnother, onClose }: LinkCodeProps) {
  const { code: say } = words.telegram
  const { code, botUsername, deepLink } = issued
  const command = `/link ${code}`
  const part = useRef<HTMLDivElement>(null)

  // What asked for the code is gone: whoever reads on reads the code.
  useEffect(() => part.current?.focus(), [])

  return (
    <Card title={say.title} about={botUsername ? say.about(botUsername) : say.aboutNameless}>
      <div ref={part} tabIndex={-1} role="group" aria-label={say.label} className={styles.code} data-expired={left === 0}>
        <p className={styles.digits}>
          <span aria-hidden="true">{code}</span>
          <span className="visually-hidden">{[...code].join(' ')}</span>
        </p>
        {left > 0 && <CopyCode code={code} />}
        {left > 0 && (
          <p role="timer" className={styles.left}>
            {say.left(Math.floor(left / 60), left % 60)}
          </p>
        )}
        <p role="status" className={styles.state}>
          {left > 0 ? say.waiting : say.expired}
        </p>
      </div>
      {problem && (
        <p role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
      {left > 0 && (
        <div className={styles.ways}>
          {deepLink && botUsername && (
            <>
              <section className={styles.way} aria-label={say.or}>
                <h3 className={styles.wayTitle}>{say.or}</h3>
                <a className={buttons.button} data-tone="primary" href={deepLink} target="_blank" rel="noreferrer">
                  {say.open}
                </a>
                <p className={styles.hint}>{say.openHow}</p>
              </section>
              <section className={styles.way} aria-label={say.qrTitle}>
                <h3 className={styles.wayTitle}>{say.qrTitle}</h3>
                {/* Black on white in every theme: cameras read no other as well. */}
                <div className={styles.tile}>
                  <QRCodeSVG value={deepLink} title={say.qr(botUsername)} size={168} marginSize={2} bgColor="#ffffff" fgColor="#000000" />
                </div>
                <p className={styles.hint}>{say.qrHow}</p>
              </section>
            </>
          )}
          <section className={styles.way} aria-label={say.byHand}>
            <h3 className={styles.wayTitle}>{say.byHand}</h3>
            <ol className={styles.steps}>
              <li>{botUsername ? say.find(botUsername) : say.findNameless}</li>
              <li>{say.send(command)}</li>
            </ol>
            <p className={styles.hint}>{say.tries}</p>
          </section>
        </div>
      )}
      <div className={styles.deeds}>
        <Button tone={left === 0 ? 'primary' : 'plain'} busy={busy} onClick={onAnother}>
          {say.another}
        </Button>
        <Button tone="quiet" onClick={onClose}>
          {say.cancel}
        </Button>
      </div>
    </Card>
  )
}

function CopyCode({ code }: { code: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(code)
    setCopied(true)
  }
  return (
    <Button onClick={() => void copy()}>
      {copied ? <CheckIcon /> : <CopyIcon />}
      <span aria-live="polite">{copied ? words.telegram.code.copied : words.telegram.code.copy}</span>
    </Button>
  )
}
