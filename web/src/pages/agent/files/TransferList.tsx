/** Uploads: how far each one is, and what can be done about it. */
import { words } from '../../../text/pages'
import { fileSize } from '../../../text/size'
import { locale } from '../../../text/language'
import { CheckIcon, ClockIcon, CloseIcon, FileIcon, RetryIcon } from '../../../ui/icons'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import styles from './Files.module.css'
import { shownName } from './paths'
import type { Transfer, Transfers } from './transfers'

const { files } = words
const { transfers: text } = files

const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })

function stateOf({ state, progress, problem }: Transfer): string {
  if (state === 'failed') return problem ?? ''
  return state === 'sending' ? text.sending(percent.format(progress)) : text[state]
}

const isOver = ({ state }: Transfer) => state === 'placed' || state === 'waiting'

function TransferItem({ transfer, transfers }: { transfer: Transfer; transfers: Transfers }) {
  const { id, state, progress, folder, size, retry } = transfer
  const name = shownName(transfer.name)
  const Icon = state === 'placed' ? CheckIcon : state === 'waiting' ? ClockIcon : FileIcon
  const remove = isOver(transfer) || state === 'failed' ? text.dismiss(name) : text.cancel(name)
  return (
    <li className={styles.entry} data-state={state}>
      <Icon className={styles.kind} />
      <div className={styles.words}>
        <p className={styles.name}>
          <bdi>{name}</bdi>
        </p>
        <p className={styles.facts}>
          {fileSize(size)} <bdi>{text.into(folder === '' ? files.workspace : shownName(folder))}</bdi>
        </p>
        {/* Each step is said aloud, each percent is not. */}
        <p className={styles.state} role={state === 'failed' ? 'alert' : state === 'sending' ? undefined : 'status'}>
          {stateOf(transfer)}
        </p>
        {(state === 'sending' || state === 'placing') && (
          <progress className={styles.progress} {...(state === 'sending' && { value: progress })} aria-label={text.progress(name)} />
        )}
      </div>
      {retry && (
        <button type="button" className={styles.icon} aria-label={text.retry(name)} title={text.retry(name)} onClick={() => transfers.retry(id)}>
          <RetryIcon />
        </button>
      )}
      <button type="button" className={styles.icon} aria-label={remove} title={remove} onClick={() => transfers.remove(id)}>
        <CloseIcon />
      </button>
    </li>
  )
}

export function TransferList({ list, transfers }: { list: readonly Transfer[]; transfers: Transfers }) {
  return (
    <Card title={text.title} actions={list.some(isOver) && <Button onClick={() => transfers.clearDone()}>{text.clear}</Button>}>
      <ul className={styles.entries} aria-label={text.list}>
        {list.map((transfer) => (
          <TransferItem key={transfer.id} transfer={transfer} transfers={transfers} />
        ))}
      </ul>
    </Card>
  )
}
