/** What a person who deleted everything is left with. */
import { useEffect, useRef } from 'react'
import { locale } from '../../text/language'
import { words } from '../../text/pages'
import { Mark } from '../../ui/icons'
import { Button } from '../../ui/kit/Button'
import { fullTime } from '../../ui/time'
import styles from './Receipt.module.css'
import { keptReceipt, newFrom, putAway, receiptText } from './receipt'

const say = words.data.receipt
const names: Readonly<Record<string, string>> = say.places
const number = new Intl.NumberFormat(locale)

export function ReceiptPage({ onClose }: { onClose: () => void }) {
  const receipt = keptReceipt()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  if (!receipt) return null
  const begin = newFrom(receipt)
  const counts = Object.entries(receipt.deleted).filter(([, count]) => count > 0)

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Mark className={styles.mark} />
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          {receipt.state === 'underWay' ? say.titleUnderWay : say.title}
        </h1>
        <p>{say.body}</p>
        <p>
          {say.states[receipt.state]} {begin !== null && say.beginAnew(fullTime(begin))}
        </p>
        <dl className={styles.facts}>
          <dt>{say.id}</dt>
          <dd>
            <code>{receipt.id}</code>
          </dd>
          <dt>{say.at}</dt>
          <dd>{fullTime(receipt.at)}</dd>
        </dl>
        <h2 className={styles.heading}>{say.deleted}</h2>
        {counts.length === 0 && <p>{say.nothing}</p>}
        <dl className={styles.counts}>
          {counts.map(([place, count]) => (
            <div key={place}>
              <dt>{names[place] ?? place}</dt>
              <dd>{number.format(count)}</dd>
            </div>
          ))}
        </dl>
        {receipt.also.length > 0 && <p>{say.also(receipt.also.join(', '))}</p>}
        <h2 className={styles.heading}>{say.remains}</h2>
        <ul className={styles.remains}>
          {receipt.remains.map(({ what, why, until }) => (
            <li key={what}>
              <strong>{say.served(what)}</strong> {say.served(why)} {until !== undefined && <span className={styles.until}>{say.until(fullTime(until))}</span>}
            </li>
          ))}
        </ul>
        <div className={styles.deeds}>
          <Button onClick={() => save(receiptText(receipt, say), 'text/plain', 'txt')}>{say.saveText}</Button>
          <Button onClick={() => save(`${JSON.stringify(receipt, null, 2)}\n`, 'application/json', 'json')}>{say.saveJson}</Button>
          <Button
            tone="primary"
            onClick={() => {
              putAway()
              onClose()
            }}
          >
            {say.close}
          </Button>
        </div>
      </div>
    </main>
  )
}

/** A file made here: nobody else has it any more. */
function save(content: string, type: string, extension: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${say.file}.${extension}`
  link.click()
  URL.revokeObjectURL(url)
}
