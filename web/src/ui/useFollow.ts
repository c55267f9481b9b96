/** Keeps a scrolling pane at its end while it grows, and lets go when the reader scrolls up. */
import { useCallback, useLayoutEffect, useRef, useState } from 'react'

const NEAR = 64

export function useFollow() {
  const pane = useRef<HTMLElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const wanted = useRef(true)
  const [following, setFollowing] = useState(true)

  const set = useCallback((value: boolean) => {
    wanted.current = value
    setFollowing(value)
  }, [])

  const follow = useCallback(() => {
    set(true)
    if (pane.current) pane.current.scrollTop = pane.current.scrollHeight
  }, [set])

  useLayoutEffect(() => {
    const [scroller, inner] = [pane.current, content.current]
    if (!scroller || !inner) return
    let last = scroller.scrollTop
    const onScroll = () => {
      const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
      // Only a move upwards is the reader's; growth alone also widens the gap.
      if (left < NEAR) set(true)
      else if (scroller.scrollTop < last - 2) set(false)
      last = scroller.scrollTop
    }
    const grown = new ResizeObserver(() => {
      if (wanted.current) scroller.scrollTop = scroller.scrollHeight
    })
    scroller.addEventListener('scroll', onScroll, { passive: true })
    grown.observe(inner)
    grown.observe(scroller)
    return () => {
      scroller.removeEventListener('scroll', onScroll)
      grown.disconnect()
    }
  }, [set])

  return { pane, content, following, follow }
}
