/** The wake-up, stage by stage, with an estimate that is only as sure as the server's. */
import { useEffect, useState } from 'react'
import { type Agent, secondsLeft, STAGES, stageIndex, wakeProgress } from '../chat/agent'
import { text } from '../text'
import styles from './Waking.module.css'

export function Waking({ agent }: { agent: Agent }) {
  const now = useNow(500)
  const reached = stageIndex(agent)
  const left = leftText(secondsLeft(agent, now))
  const percent = Math.round(wakeProgress(agent, now) * 100)
  const stage = text.waking.stages[STAGES[reached] ?? 'ready']

  return (
    <section className={styles.card} aria-label={text.waking.title}>
      <header className={styles.head}>
        <h2 className={styles.title}>{text.waking.title}</h2>
        <p className={styles.left}>{left}</p>
      </header>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label={text.waking.title}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text.waking.progress(stage, left)}
      >
        <div className={styles.fill} style={{ transform: `scaleX(${percent / 100})` }} />
      </div>
      <ol className={styles.stages}>
        {STAGES.map((name, index) => (
          <li key={name} data-state={index < reached ? 'done' : index === reached ? 'now' : 'later'} aria-current={index === reached ? 'step' : undefined}>
            {text.waking.stages[name]}
          </li>
        ))}
      </ol>
      <p className={styles.kept}>{agent.detail ?? text.waking.kept}</p>
    </section>
  )
}

function leftText(seconds: number | null): string {
  if (seconds === null) return text.waking.unknown
  return seconds === 0 ? text.waking.nearly : text.waking.left(seconds)
}

function useNow(every: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}
