/** The amount of a spending cap. */
import { useState } from 'react'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Dialog } from '../../../ui/kit/Dialog'
import { TextField } from '../../../ui/kit/Field'
import { useDeed } from '../../../ui/kit/useDeed'
import { MOST, readAmount } from './amount'
import type { Cap } from './cap'
import styles from './Cap.module.css'
import { usd } from './money'

const say = words.usage.cap
const count = new Intl.NumberFormat(locale)

interface CapDialogProps {
  cap: Cap
  onClose: () => void
}

export function CapDialog({ cap, onClose }: CapDialogProps) {
  const { rest } = useApp()
  const { holds, mine, most = MOST } = cap
  const [text, setText] = useState(mine === undefined ? '' : String(mine))
  const [tried, setTried] = useState(false)
  const amount = readAmount(text, most)
  const isBelow = holds !== undefined && amount !== null && amount <= holds.spentUsd
  const save = useDeed({
    run: (usdPerMonth: number) => answer(rest.PUT('/settings/{key}', { params: { path: { key: 'spendCap' } }, body: { value: { usdPerMonth } } })),
    changes: ['usage', 'settings'],
    done: say.saved,
    after: onClose,
  })
  return (
    <Dialog open title={say.title} about={say.about} onClose={onClose}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (amount !== null && !save.busy) save.run(amount)
        }}
      >
        <TextField
          label={say.field}
          hint={say.hint(count.format(most))}
          problem={tried && amount === null ? say.problem(count.format(most)) : save.problem}
          value={text}
          inputMode="decimal"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        {isBelow && <p className={styles.below}>{say.below(usd(holds.spentUsd))}</p>}
        <div className={styles.actions}>
          <Button onClick={onClose}>{words.common.cancel}</Button>
          <Button type="submit" tone="primary" busy={save.busy}>
            {words.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
