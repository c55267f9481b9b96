import { useEffect, useState } from 'react'

const secondsUntil = (at: number | null): number => (at === null ? 0 : Math.max(0, Math.ceil((at - Date.now()) / 1000)))

/** Counts down to a moment, and stays at 0 after it. */
export function useSecondsLeft(at: number | null): number {
  const [, tick] = useState(0)
  const left = secondsUntil(at)
  const over = left === 0

  useEffect(() => {
    if (over) return
    const timer = setInterval(() => tick((count) => count + 1), 1000)
    return () => clearInterval(timer)
  }, [over])

  return left
}
