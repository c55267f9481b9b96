/** The most that the agent may cost in a month: how far it is spent, and where it is set, raised and removed. */
import { Meter } from '@base-ui/react/meter'
import { useState } from 'react'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { UsageCap } from '../../../protocol'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { Confirm } from '../../../ui/kit/Dialog'
import { useDeed } from '../../../ui/kit/useDeed'
import { type Cap, isNear } from './cap'
import { CapDialog } from './CapDialog'
import styles from './Cap.module.css'
import { wholeDay } from './days'
import { usd } from './money'

const say = words.usage.cap

export function CapCard({ cap }: { cap: Cap }) {
  const { holds, mine, most } = cap
  const { rest } = useApp()
  const [open, setOpen] = useState<'change' | 'remove' | null>(null)
  const close = () => setOpen(null)
  const remove = useDeed({
    run: () => answer(rest.DELETE('/settings/{key}', { params: { path: { key: 'spendCap' } } })),
    changes: ['usage', 'settings'],
    done: say.removed,
    after: close,
  })
  return (
    <Card
      title={say.title}
      about={say.about}
      actions={
        <>
          <Button onClick={() => setOpen('change')}>{mine === undefined ? say.set : say.change}</Button>
          {mine !== undefined && (
            <Button tone="quiet" onClick={() => setOpen('remove')}>
              {say.remove}
            </Button>
          )}
        </>
      }
    >
      {holds ? <Spent cap={holds} /> : <p>{say.none}</p>}
      {most !== undefined && <p className={styles.effect}>{say.most(usd(most))}</p>}
      <p className={styles.effect}>{say.effect}</p>
      {open === 'change' && <CapDialog cap={cap} onClose={close} />}
      <Confirm
        open={open === 'remove'}
        title={say.removeTitle}
        action={say.remove}
        cancel={words.common.cancel}
        busy={remove.busy}
        onConfirm={() => remove.run()}
        onClose={close}
      >
        <p>{most === undefined ? say.removeBody : say.removeBodyMost(usd(most))}</p>
        {remove.problem && (
          <p className={styles.problem} role="alert">
            {remove.problem}
          </p>
        )}
      </Confirm>
    </Card>
  )
}

function Spent({ cap }: { cap: UsageCap }) {
  const { usdPerMonth, spentUsd, reached, resetsAt } = cap
  // A cap of nothing is reached from the start, and shown as such.
  const max = usdPerMonth || 1
  const sentence = say.spent(usd(spentUsd), usd(usdPerMonth))
  return (
    <Meter.Root
      className={styles.meter}
      data-state={reached ? 'reached' : isNear(cap) ? 'near' : 'fine'}
      value={reached ? max : spentUsd}
      max={max}
      getAriaValueText={() => sentence}
    >
      <Meter.Label className="visually-hidden">{say.meter}</Meter.Label>
      <span className={styles.sentence} aria-hidden="true">
        {sentence}
      </span>
      <span className={styles.resets}>{say.resets(wholeDay(resetsAt))}</span>
      <Meter.Track className={styles.track}>
        <Meter.Indicator className={styles.fill} />
      </Meter.Track>
    </Meter.Root>
  )
}
