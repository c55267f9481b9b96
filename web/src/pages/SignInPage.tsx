import { lazy, Suspense, useState } from 'react'
import { hasReceipt } from '../app/receipt'
import { useSession } from '../auth/useSession'
import { text } from '../text'
import { Mark } from '../ui/icons'
import styles from './Door.module.css'

const problems = { failed: text.signIn.failed, unreachable: text.signIn.unreachable, ended: text.signIn.ended }

const ReceiptPage = lazy(async () => ({ default: (await import('./settings/ReceiptPage')).ReceiptPage }))

/** Who has deleted everything reads first what became of it. */
export function SignInPage() {
  const [receipt, setReceipt] = useState(hasReceipt)
  if (!receipt) return <Door />
  return (
    <Suspense>
      <ReceiptPage onClose={() => setReceipt(false)} />
    </Suspense>
  )
}

function Door() {
  const { current, signIn } = useSession()
  const [leaving, setLeaving] = useState(false)
  const problem = current in problems ? problems[current as keyof typeof problems] : null

  const leave = async () => {
    setLeaving(true)
    await signIn()
    setLeaving(false)
  }

  return (
    <main className={styles.page}>
      <title>{text.product}</title>
      <div className={styles.card}>
        <Mark className={styles.mark} />
        <h1 className={styles.title}>{text.signIn.title}</h1>
        <p className={styles.body}>{text.signIn.body}</p>
        {problem && (
          <p role="alert" className={styles.problem}>
            {problem}
          </p>
        )}
        <button type="button" className={styles.action} onClick={() => void leave()} disabled={leaving}>
          {leaving ? text.opening : text.signIn.action}
        </button>
      </div>
    </main>
  )
}
