/** Wakes the agent, sends it to sleep, and has it start anew. Asks first where an answer is being written. */
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { answer } from '../../../api/client'
import { AppError } from '../../../api/errors'
import { useApp } from '../../../app/context'
import { useAgent } from '../../../chat/useChat'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { Confirm } from '../../../ui/kit/Dialog'
import { reworded } from '../../../ui/kit/reworded'
import { useDeed } from '../../../ui/kit/useDeed'
import { howItIs } from './mood'
import styles from './Steer.module.css'
import { useStatus } from './useStatus'

const say = words.agent.steer
const CHANGES = ['status', 'wakes'] as const

type Grave = 'stop' | 'restart'

export function Steer() {
  const { rest } = useApp()
  const { agent } = useAgent()
  const status = useStatus()
  const queries = useQueryClient()
  const [asked, setAsked] = useState<Grave | null>(null)
  const [open, setOpen] = useState(0)
  const mood = howItIs(agent, status.data)
  const isUp = mood === 'ready' || mood === 'working'

  const wake = useDeed({
    run: async () => {
      const now = await reworded(answer(rest.POST('/agent/wake')), say.refused)
      // Accepted, and still asleep: nobody's message waits, so nothing tries it again.
      if (now.status === 'Idle') throw new AppError('no_capacity', say.noMachine, true)
    },
    changes: CHANGES,
    done: say.waking,
  })
  const stop = useDeed({ run: () => reworded(answer(rest.POST('/agent/stop')), say.refused), changes: CHANGES, done: say.stopped })
  const restart = useDeed({ run: () => reworded(answer(rest.POST('/agent/restart')), say.refused), changes: CHANGES, done: say.restarted })
  const deeds = { stop, restart }

  /** A message may have come a moment ago, so it is asked now. Who cannot be asked is taken for busy with what was known. */
  async function begin(deed: Grave) {
    deeds[deed].forget()
    const now = await queries.fetchQuery({ queryKey: ['status', 'now'], queryFn: () => answer(rest.GET('/status')), staleTime: 0 }).catch(() => status.data)
    const waiting = now?.openMessages ?? 0
    if (waiting === 0) return deeds[deed].run()
    setOpen(waiting)
    setAsked(deed)
  }

  const confirmed = () => {
    if (asked) deeds[asked].run()
    setAsked(null)
  }

  return (
    <Card title={say.title}>
      <ul className={styles.deeds}>
        <Row name={say.wake} about={say.wakeAbout} off={mood !== 'asleep'} deed={wake} tone="primary" onPress={() => wake.run()} />
        <Row name={say.stop} about={say.stopAbout} off={!isUp} deed={stop} onPress={() => void begin('stop')} />
        <Row name={say.restart} about={say.restartAbout} off={!isUp} deed={restart} onPress={() => void begin('restart')} />
      </ul>
      <Confirm
        open={asked !== null}
        title={asked === 'restart' ? say.restartTitle : say.stopTitle}
        action={asked === 'restart' ? say.restart : say.stop}
        cancel={words.common.cancel}
        onConfirm={confirmed}
        onClose={() => setAsked(null)}
      >
        <p>{asked === 'restart' ? say.restartBody(open) : say.stopBody(open)}</p>
      </Confirm>
    </Card>
  )
}

interface RowProps {
  name: string
  about: string
  /** It would do nothing right now; the sentence beside it says when it does. */
  off: boolean
  deed: { busy: boolean; problem: string | null }
  tone?: 'plain' | 'primary'
  onPress: () => void
}

function Row({ name, about, off, deed, tone = 'plain', onPress }: RowProps) {
  const id = useId()
  return (
    <li className={styles.deed}>
      <p id={id} className={styles.about}>
        {about}
      </p>
      <Button className={styles.button} tone={off ? 'plain' : tone} disabled={off} busy={deed.busy} aria-describedby={id} onClick={onPress}>
        {name}
      </Button>
      {deed.problem && (
        <p className={styles.problem} role="alert">
          {deed.problem}
        </p>
      )}
    </li>
  )
}
