/**
 * A formula, as MathML: no fonts, no styles, and elements that are built and not written as HTML.
 * What cannot be set is shown as it was written; what is still being written keeps its last good shape.
 */
import { createContext, use, useEffect, useLayoutEffect, useRef, useState } from 'react'
import styles from './Markdown.module.css'
import type { shapeOf } from './shape'

type ShapeOf = typeof shapeOf

let loaded: ShapeOf | null = null

/** Whether the block around is still being written. */
export const IsOpen = createContext(false)

export function Formula({ tex, display }: { tex: string; display: boolean }) {
  const open = use(IsOpen)
  const shape = useShape()
  const place = useRef<HTMLSpanElement>(null)
  const last = useRef<ChildNode[]>([])

  // React writes the source; before it is painted, the formula takes its place.
  useLayoutEffect(() => {
    const element = place.current
    if (!element || !shape) return
    const fresh = shape(tex, display)
    if (fresh) last.current = fresh
    const isSet = fresh !== null || (open && last.current.length > 0)
    if (isSet) element.replaceChildren(...last.current)
    else element.textContent = tex
    element.dataset['set'] = String(isSet)
  }, [tex, display, open, shape])

  // A long one scrolls on its own, by keyboard too.
  const scrolls = display ? { tabIndex: 0, role: 'group' } : {}
  return (
    <span ref={place} className={styles.formula} data-display={display} {...scrolls}>
      {tex}
    </span>
  )
}

function useShape(): ShapeOf | null {
  const [shape, setShape] = useState(() => loaded)
  useEffect(() => {
    if (shape) return
    let current = true
    const load = async () => {
      loaded = (await import('./shape')).shapeOf
      if (current) setShape(() => loaded)
    }
    void load()
    return () => {
      current = false
    }
  }, [shape])
  return shape
}
