/** A part of a page, with its own heading and what can be done about it. */
import { type ReactNode, useId } from 'react'
import styles from './Card.module.css'

interface CardProps {
  title: string
  /** One sentence below the heading. */
  about?: ReactNode
  /** Buttons beside the heading. */
  actions?: ReactNode
  tone?: 'plain' | 'danger'
  children?: ReactNode
}

export function Card({ title, about, actions, tone = 'plain', children }: CardProps) {
  const id = useId()
  return (
    <section className={styles.card} data-tone={tone} aria-labelledby={id}>
      <header className={styles.head}>
        <div className={styles.words}>
          <h2 id={id} className={styles.title}>
            {title}
          </h2>
          {about && <p className={styles.about}>{about}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  )
}
