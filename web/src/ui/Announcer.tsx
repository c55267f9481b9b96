/**
 * What a screen reader hears of a reply: its stages, and none of its words. Opening a conversation is
 * no news, so the end of a reply is told only to somebody who heard of its beginning.
 */
import { useState } from 'react'
import { text } from '../text'

export function Announcer({ words }: { words: string }) {
  const [began, setBegan] = useState(false)
  const isEnd = words === text.say.finished
  if (!began && !isEnd && words !== '') setBegan(true)
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {isEnd && !began ? '' : words}
    </p>
  )
}
