/** A message and what came of it. Memoised: a settled turn is never rendered again. */
import { memo, type ReactNode, useState } from 'react'
import type { TurnView } from '../chat/projection'
import { text } from '../text'
import { SentFiles } from './Attachments'
import { CopyButton } from './CopyButton'
import { CheckIcon, PenIcon, RetryIcon } from './icons'
import { LazyMarkdown } from './LazyMarkdown'
import { clockTime, fullTime } from './time'
import { Tools } from './Tools'
import styles from './TurnItem.module.css'

interface TurnItemProps {
  turn: TurnView
  last: boolean
  /** Its words are in the message box. */
  editing: boolean
  /** It was looked for. */
  found: boolean
  retry: (messageId: string) => void
  edit: (messageId: string) => void
  children?: ReactNode
}

export const TurnItem = memo(function TurnItem({ turn, last, editing, found, retry, edit, children }: TurnItemProps) {
  // What failed before this was on screen is no news, and not called out.
  const [isOld, setOld] = useState(turn.failure !== null)
  if (isOld && turn.failure === null) setOld(false)
  return (
    <li className={styles.turn} data-turn={turn.id} data-last={last} data-waking={turn.waking} data-editing={editing} data-found={found} tabIndex={-1}>
      {turn.asked && <Asked asked={turn.asked} way={turn.edit} onEdit={() => edit(turn.id)} />}
      {turn.tools.length > 0 && <Tools tools={turn.tools} busy={turn.reply?.ending == null && (turn.reply?.streaming ?? true)} />}
      {turn.reply && hasBody(turn.reply) && <ReplyBody id={turn.id} reply={turn.reply} system={turn.role === 'system'} />}
      {children}
      {turn.line && <p className={styles.line}>{turn.line}</p>}
      {turn.failure && (
        <div role={isOld ? 'group' : 'alert'} aria-label={text.turn.problem} className={styles.failure}>
          <p dir="auto">{turn.failure.text}</p>
          {turn.failure.retry && (
            // Not `disabled`: a button that takes its focus away loses the reader's place.
            <button type="button" aria-disabled={turn.failure.askedAgain} onClick={() => retry(turn.id)}>
              {turn.failure.askedAgain ? <CheckIcon /> : <RetryIcon />}
              {turn.failure.askedAgain ? text.turn.askedAgain : text.turn.retry}
            </button>
          )}
        </div>
      )}
    </li>
  )
})

type Reply = NonNullable<TurnView['reply']>

/** A run that failed before its first word leaves nothing to show but why. */
const hasBody = ({ text: written, streaming, ending }: Reply): boolean => written !== '' || streaming || ending !== null

interface AskedProps {
  asked: NonNullable<TurnView['asked']>
  way: TurnView['edit']
  onEdit: () => void
}

function Asked({ asked, way, onEdit }: AskedProps) {
  return (
    <article className={styles.asked} aria-label={text.turn.you}>
      {asked.attachments.length > 0 && <SentFiles files={asked.attachments} />}
      {asked.text !== '' && (
        <p className={styles.askedText} dir="auto">
          {asked.text}
        </p>
      )}
      <div className={styles.foot}>
        {way && (
          <div className={styles.own}>
            {asked.text !== '' && <CopyButton label={text.turn.copyOwn} done={text.turn.copied} value={() => asked.text} />}
            <button type="button" className={styles.edit} aria-label={text.turn[way]} title={text.turn[way]} onClick={onEdit}>
              <PenIcon />
            </button>
          </div>
        )}
        <p className={styles.meta}>
          {asked.channel !== 'web' && <span>{text.turn.via(asked.channel)}</span>}
          <time dateTime={new Date(asked.at).toISOString()} title={fullTime(asked.at)}>
            {clockTime(asked.at)}
          </time>
        </p>
      </div>
    </article>
  )
}

function ReplyBody({ id, reply, system }: { id: string; reply: Reply; system: boolean }) {
  return (
    <article
      className={system ? styles.system : styles.reply}
      aria-label={system ? text.turn.system : text.turn.agent}
      aria-busy={reply.streaming}
      data-message-id={id}
    >
      <LazyMarkdown text={reply.text} streaming={reply.streaming} />
      {reply.ending && <p className={styles.ending}>{reply.ending}</p>}
      {reply.settled && reply.text !== '' && (
        <div className={styles.actions}>
          <CopyButton label={text.turn.copy} done={text.turn.copied} value={() => reply.text} />
        </div>
      )}
    </article>
  )
}
