/**
 * Keeps a scrolling pane where its reader wants it while it grows: at its end, at the message that was
 * looked for, or where it is while earlier messages are put before it. It lets go as soon as the reader scrolls.
 */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react'

const NEAR = 64

/** What a reader does who wants to be elsewhere. */
const READERS_OWN = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const

type Goal = 'end' | Element | null

/** What was read when something was put before it, and where it was on screen. */
interface Held {
  element: Element
  top: number
}

interface Follow {
  pane: RefObject<HTMLElement | null>
  content: RefObject<HTMLDivElement | null>
  following: boolean
  follow: () => void
  /** Keeps this in the middle, until the reader scrolls. */
  show: (element: Element) => void
}

/**
 * `hasEnd`: the end of what is shown is the end of the conversation, and worth following. `firstId` is the turn
 * that everything begins with.
 */
export function useFollow(hasEnd: boolean, startsAtEnd: boolean, firstId: string | undefined): Follow {
  const pane = useRef<HTMLElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const goal = useRef<Goal>(startsAtEnd ? 'end' : null)
  const held = useRef<Held | null>(null)
  const first = useRef(firstId)
  const [following, setFollowing] = useState(startsAtEnd)

  const set = useCallback((next: Goal) => {
    goal.current = next
    setFollowing(next === 'end')
    if (pane.current) go(pane.current, next)
  }, [])
  const follow = useCallback(() => set('end'), [set])
  const show = useCallback((element: Element) => set(element), [set])

  useLayoutEffect(() => {
    const [scroller, inner] = [pane.current, content.current]
    if (!scroller || !inner) return
    let last = scroller.scrollTop
    const onScroll = () => {
      const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
      // Only a move upwards is the reader's; growth alone also widens the gap.
      if (left < NEAR && hasEnd && !(goal.current instanceof Element)) set('end')
      else if (scroller.scrollTop < last - 2 && goal.current === 'end') set(null)
      last = scroller.scrollTop
    }
    const onReader = () => {
      if (goal.current instanceof Element) set(null)
    }
    const grown = new ResizeObserver(() => {
      if (held.current) hold(scroller, held.current)
      else go(scroller, goal.current)
    })
    scroller.addEventListener('scroll', onScroll, { passive: true })
    for (const name of READERS_OWN) scroller.addEventListener(name, onReader, { passive: true })
    grown.observe(inner)
    grown.observe(scroller)
    return () => {
      scroller.removeEventListener('scroll', onScroll)
      for (const name of READERS_OWN) scroller.removeEventListener(name, onReader)
      grown.disconnect()
    }
  }, [set, hasEnd])

  useLayoutEffect(() => {
    const was = first.current
    first.current = firstId
    const scroller = pane.current
    if (!scroller || goal.current !== null || was === undefined || firstId === undefined || was === firstId) return
    const [old, now] = [turnIn(scroller, was), turnIn(scroller, firstId)]
    if (!old || !now) return
    // A browser that keeps the place by itself must not do so as well.
    scroller.style.overflowAnchor = 'none'
    const { top } = old.getBoundingClientRect()
    held.current = { element: old, top: top - (old.offsetTop - now.offsetTop) }
    hold(scroller, held.current)
    // Until it was painted once.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        held.current = null
        scroller.style.overflowAnchor = ''
      }),
    )
  }, [firstId])

  return { pane, content, following, follow, show }
}

const turnIn = (pane: HTMLElement, id: string) => pane.querySelector<HTMLElement>(`[data-turn="${CSS.escape(id)}"]`)

/** What is put before is measured only when it comes near the screen, so this may take more than one step. */
const hold = (pane: HTMLElement, { element, top }: Held): void =>
  pane.scrollBy({ top: element.getBoundingClientRect().top - top, behavior: 'instant' })

function go(pane: HTMLElement, goal: Goal): void {
  if (goal === 'end') pane.scrollTop = pane.scrollHeight
  else goal?.scrollIntoView({ block: 'center' })
}
