/** The frame of the page without what is on the server: who was signed in here cannot be asked for just now. */
import { useEffect, useState } from 'react'
import { useSession } from '../auth/useSession'
import { text } from '../text'
import { Mark } from '../ui/icons'
import door from './Door.module.css'
import styles from './AwayPage.module.css'

export function AwayPage() {
  const { resume } = useSession()
  const [trying, setTrying] = useState(false)

  const again = async () => {
    setTrying(true)
    await resume()
    setTrying(false)
  }

  useEffect(() => {
    const back = () => void resume()
    window.addEventListener('online', back)
    return () => window.removeEventListener('online', back)
  }, [resume])

  return (
    <div className={styles.frame}>
      <title>{text.product}</title>
      <aside className={styles.column} aria-label={text.nav.label}>
        <p className={styles.brand}>
          <Mark className={styles.mark} />
          {text.product}
        </p>
        <p className={styles.note}>{text.signIn.away.list}</p>
      </aside>
      <main className={door.page}>
        <div className={door.card}>
          <Mark className={door.mark} />
          <h1 className={door.title}>{text.signIn.away.title}</h1>
          <p className={door.body} role="status">
            {text.signIn.away.body}
          </p>
          <button type="button" className={door.action} disabled={trying} onClick={() => void again()}>
            {trying ? text.opening : text.signIn.away.action}
          </button>
        </div>
      </main>
    </div>
  )
}
