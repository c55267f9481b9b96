/** The wake-up, stage by stage, with an estimate that is only as sure as the server's. */
import { type Agent, isPostponed, secondsLeft, STAGES, stageIndex, wakeProgress } from '../chat/agent'
import { stageLabel } from '../chat/projection'
import { text } from '../text'
import { useNow } from './useNow'
import styles from './Waking.module.css'

export function Waking({ agent }: { agent: Agent }) {
  const now = useNow(500)
  const seconds = secondsLeft(agent, now)
  const postponed = isPostponed(agent)
  const title = postponed ? text.waking.postponed : text.waking.title
  return (
    <section className={styles.card} aria-label={title}>
      <header className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        <p className={styles.left}>{postponed ? nextTryText(seconds) : leftText(seconds)}</p>
      </header>
      {!postponed && <Progress agent={agent} now={now} />}
      <p className={styles.kept}>{agent.detail ?? text.waking.kept}</p>
    </section>
  )
}

function Progress({ agent, now }: { agent: Agent; now: number }) {
  const reached = stageIndex(agent)
  const percent = Math.round(wakeProgress(agent, now) * 100)
  return (
    <>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label={text.waking.title}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text.waking.progress(stageLabel(agent), leftText(secondsLeft(agent, now)))}
      >
        <div className={styles.fill} style={{ transform: `scaleX(${percent / 100})` }} />
      </div>
      <ol className={styles.stages}>
        {STAGES.map((name, index) => (
          <li key={name} data-state={index < reached ? 'done' : index === reached ? 'now' : 'later'} aria-current={index === reached ? 'step' : undefined}>
            {index === reached ? stageLabel(agent) : text.waking.stages[name]}
          </li>
        ))}
      </ol>
    </>
  )
}

function leftText(seconds: number | null): string {
  if (seconds === null) return text.waking.unknown
  return seconds === 0 ? text.waking.late : text.waking.left(seconds)
}

const nextTryText = (seconds: number | null): string => (seconds ? text.waking.nextTry(seconds) : text.waking.trying)
