/** The account that is linked, what that means, and the way out. */
import { useState } from 'react'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { LinkedAccount } from '../../../protocol'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Card } from '../../../ui/kit/Card'
import { Confirm } from '../../../ui/kit/Dialog'
import { useDeed } from '../../../ui/kit/useDeed'
import { fullTime } from '../../../ui/time'
import styles from './Telegram.module.css'

export function Linked({ account }: { account: LinkedAccount }) {
  const { linked, unlink } = words.telegram
  const { rest } = useApp()
  const [asking, setAsking] = useState(false)
  const deed = useDeed({
    run: () => answer(rest.POST('/link/unlink')),
    changes: ['link', 'conversations'],
    done: unlink.done,
  })

  return (
    <>
      <Card
        title={linked.title}
        about={linked.about}
        actions={
          <Button tone="danger" onClick={() => setAsking(true)}>
            {linked.unlink}
          </Button>
        }
      >
        <dl className={styles.facts}>
          <div>
            <dt>{linked.account}</dt>
            <dd>
              <strong dir="auto">{account.name}</strong> <span className={styles.soft}>{linked.id(account.telegramId)}</span>
            </dd>
          </div>
          <div>
            <dt>{linked.since}</dt>
            <dd>{fullTime(account.since)}</dd>
          </div>
        </dl>
      </Card>
      <Card title={linked.whereTitle}>
        <dl className={styles.facts}>
          {linked.where.map(({ place, what }) => (
            <div key={place}>
              <dt>{place}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Confirm
        open={asking}
        title={unlink.title(account.name)}
        action={unlink.action}
        cancel={words.common.cancel}
        busy={deed.busy}
        onConfirm={() => deed.run()}
        onClose={() => setAsking(false)}
      >
        {unlink.body.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {deed.problem && (
          <p role="alert" className={styles.problem}>
            {deed.problem}
          </p>
        )}
      </Confirm>
    </>
  )
}
