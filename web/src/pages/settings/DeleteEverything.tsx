/** The end of it all: said in words, typed in words, and answered with a receipt. */
import { type FormEvent, useState } from 'react'
import { answer } from '../../api/client'
import { useApp } from '../../app/context'
import { useSession } from '../../auth/useSession'
import { words } from '../../text/pages'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { Dialog } from '../../ui/kit/Dialog'
import { TextField } from '../../ui/kit/Field'
import { useDeed } from '../../ui/kit/useDeed'
import styles from './Data.module.css'
import { forgetDevice, keepReceipt } from './receipt'

const say = words.data.delete

export function DeleteEverything() {
  const { rest } = useApp()
  const { signOut } = useSession()
  const [asking, setAsking] = useState(false)
  const deed = useDeed({
    run: () => answer(rest.DELETE('/me', { body: { confirm: 'delete everything' } })),
    changes: [],
    after: (receipt) => {
      forgetDevice()
      // The page that comes after the sign-out shows it.
      keepReceipt(receipt)
      void signOut()
    },
  })

  return (
    <Card tone="danger" title={say.title} about={say.about}>
      <p className={styles.soft}>{say.exportFirst}</p>
      <div>
        <Button tone="danger" onClick={() => setAsking(true)}>
          {say.start}
        </Button>
      </div>
      <Dialog wide open={asking} title={say.dialog} about={say.noWayBack} onClose={() => !deed.busy && setAsking(false)}>
        <Consequences />
        <Phrase busy={deed.busy} problem={deed.problem} onConfirm={() => deed.run()} onClose={() => setAsking(false)} />
      </Dialog>
    </Card>
  )
}

function Consequences() {
  return (
    <div className={styles.consequences}>
      <section>
        <h3 className={styles.heading}>{say.goesTitle}</h3>
        <ul className={styles.points}>
          {say.goes.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className={styles.heading}>{say.staysTitle}</h3>
        <ul className={styles.points}>
          {say.stays.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </section>
    </div>
  )
}

interface PhraseProps {
  busy: boolean
  problem: string | null
  onConfirm: () => void
  onClose: () => void
}

function Phrase({ busy, problem, onConfirm, onClose }: PhraseProps) {
  const [typed, setTyped] = useState('')
  const matches = typed.normalize('NFC').trim().toLowerCase() === say.phrase

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (matches && !busy) onConfirm()
  }

  return (
    <form className={styles.phrase} onSubmit={submit}>
      <TextField
        label={say.type(say.phrase)}
        problem={problem && say.failed(problem)}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={typed}
        readOnly={busy}
        onChange={({ target }) => setTyped(target.value)}
      />
      {busy && (
        <p role="status" className={styles.soft}>
          {say.working}
        </p>
      )}
      <div className={styles.deeds}>
        <Button disabled={busy} onClick={onClose}>
          {words.common.cancel}
        </Button>
        <Button type="submit" tone="danger" busy={busy} disabled={!matches}>
          {say.action}
        </Button>
      </div>
    </form>
  )
}
