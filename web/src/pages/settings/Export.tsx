/** Everything of a person as one file, made while the person waits. */
import { useEffect, useState } from 'react'
import { answer } from '../../api/client'
import { useApp } from '../../app/context'
import type { ExportOffer } from '../../protocol'
import { words } from '../../text/pages'
import { Problem } from '../../ui/kit/Async'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { useDeed } from '../../ui/kit/useDeed'
import styles from './Data.module.css'
import { ExportResult } from './ExportResult'

/** API Gateway answers for the server after it. */
const AT_MOST_SECONDS = 30

const say = words.data.export

export function Export() {
  const { rest } = useApp()
  const [offer, setOffer] = useState<ExportOffer | null>(null)
  const deed = useDeed({ run: () => answer(rest.GET('/me/export')), changes: [], after: setOffer })
  return (
    <Card title={say.title} about={say.about}>
      {deed.busy && <Working />}
      {!deed.busy && deed.error !== null && <Problem error={deed.error} />}
      {!deed.busy && offer && <ExportResult key={offer.url} offer={offer} />}
      <div>
        <Button tone={offer ? 'plain' : 'primary'} busy={deed.busy} onClick={() => deed.run()}>
          {offer ? say.again : say.start}
        </Button>
      </div>
    </Card>
  )
}

/** Nobody knows how much there is, so the bar promises nothing; the seconds are true. */
function Working() {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const began = Date.now()
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - began) / 1000)), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <div className={styles.working}>
      <p role="status">{say.working}</p>
      <progress className={styles.bar} aria-label={say.working} />
      <p className={styles.soft}>{seconds <= AT_MOST_SECONDS ? say.elapsed(seconds) : say.late(seconds)}</p>
    </div>
  )
}
