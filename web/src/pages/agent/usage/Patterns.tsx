/** Kinds are told apart by their pattern, not by their colour alone: plain, striped, dotted. */
import { useId } from 'react'
import styles from './Bars.module.css'

interface Ids {
  stripes: string
  dots: string
}

export function usePatterns(): Ids {
  const id = useId()
  return { stripes: `${id}stripes`, dots: `${id}dots` }
}

export const FILLS: readonly ((ids: Ids) => string)[] = [() => 'var(--claw)', ({ stripes }) => `url(#${stripes})`, ({ dots }) => `url(#${dots})`]

export function Patterns({ ids }: { ids: Ids }) {
  return (
    <defs>
      <pattern id={ids.stripes} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" fill="var(--tide)" />
        <rect width="2" height="6" fill="var(--card)" />
      </pattern>
      <pattern id={ids.dots} width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" fill="var(--honey)" />
        <circle cx="3" cy="3" r="1.25" fill="var(--card)" />
      </pattern>
    </defs>
  )
}

/** What a kind looks like, for the legend. */
export function Swatch({ nth }: { nth: number }) {
  const ids = usePatterns()
  return (
    <svg className={styles.swatch} aria-hidden="true">
      <Patterns ids={ids} />
      <rect width="14" height="14" rx="3" fill={FILLS[nth]?.(ids)} />
    </svg>
  )
}
