import type { ReactNode } from 'react'
import type { AgentState } from '../chat/projection'
import { text } from '../text'
import styles from './EmptyState.module.css'
import { Mark } from './icons'

const hints: Partial<Record<AgentState, string>> = {
  asleep: text.empty.asleep,
  ready: text.empty.awake,
  working: text.empty.awake,
}

interface EmptyStateProps {
  state: AgentState
  suggestions: readonly string[]
  onPick: (suggestion: string) => void
  /** In the place of the usual heading. */
  instead?: ReactNode
}

export function EmptyState({ state, suggestions, onPick, instead }: EmptyStateProps) {
  return (
    <div className={styles.wrap}>
      <section className={styles.empty}>
        {instead ?? (
          <>
            <Mark className={styles.mark} />
            <h2 className={styles.title}>{text.empty.title}</h2>
          </>
        )}
        <p className={styles.body}>{hints[state] ?? text.tagline}</p>
        <ul className={styles.suggestions} aria-label={text.empty.suggestionsLabel}>
          {suggestions.map((suggestion) => (
            <li key={suggestion}>
              <button type="button" className={styles.suggestion} onClick={() => onPick(suggestion)}>
                {suggestion}
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}
