/**
 * Parts of the frame that a click asks for. They are not needed for the first sight of the page, so they come after it,
 * when the page has nothing else to do: the click finds them, also when the network is gone by then.
 */
import { type ComponentType, lazy, type LazyExoticComponent } from 'react'

type Load<P> = () => Promise<{ default: ComponentType<P> }>

const loads: (() => Promise<unknown>)[] = []

export function soon<P>(load: Load<P>): LazyExoticComponent<ComponentType<P>> {
  loads.push(load)
  return lazy(load)
}

/** What does not come now is asked for again by the click. */
const loadAll = () => void Promise.allSettled(loads.map((load) => load()))

export function loadSoon(): () => void {
  // Safari has no idle time to offer.
  if (!('requestIdleCallback' in window)) {
    const timer = setTimeout(loadAll, 2_000)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(loadAll, { timeout: 10_000 })
  return () => cancelIdleCallback(idle)
}
