/** A message and what came of it. Memoised: a settled turn is never rendered again. */
import { memo, type ReactNode } from 'react'
import type { TurnView } from '../chat/projection'
import { text } from '../text'
import { SentFiles } from './Attachments'
import { CopyButton } from './CopyButton'
import { CheckIcon, RetryIcon } from './icons'
import { LazyMarkdown } from './LazyMarkdown'
import { clockTime, fullTime } from './time'
import { Tools } from './Tools'
import styles from './TurnItem.module.css'

interface TurnItemProps {
  turn: TurnView
  last: boolean
  retry: (messageId: string) => void
  children?: ReactNode
}

export const TurnItem = memo(function TurnItem({ turn, last, retry, children }: TurnItemProps) {
  return (
    <li className={styles.turn} data-last={last} data-waking={turn.waking}>
      {turn.asked && <Asked asked={turn.asked} />}
      {turn.tools.length > 0 && <Tools tools={turn.tools} busy={turn.reply?.ending == null && (turn.reply?.streaming ?? true)} />}
      {turn.reply && hasBody(turn.reply) && <ReplyBody id={turn.id} reply={turn.reply} system={turn.role === 'system'} />}
      {children}
      {turn.line && <p className={styles.line}>{turn.line}</p>}
      {turn.failure && (
        <div role="alert" className={styles.failure}>
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

function Asked({ asked }: { asked: NonNullable<TurnView['asked']> }) {
  return (
    <article className={styles.asked} aria-label={text.turn.you}>
      {asked.attachments.length > 0 && <SentFiles files={asked.attachments} />}
      {asked.text !== '' && (
        <p className={styles.askedText} dir="auto">
          {asked.text}
        </p>
      )}
      <p className={styles.meta}>
        {asked.channel !== 'web' && <span>{text.turn.via(asked.channel)}</span>}
        <time dateTime={new Date(asked.at).toISOString()} title={fullTime(asked.at)}>
          {clockTime(asked.at)}
        </time>
      </p>
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
