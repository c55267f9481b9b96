/** From "save now" to the snapshot that comes of it, with a sentence for each step between. */
import { useEffect, useState } from 'react'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { Saving } from '../../../protocol'
import { words } from '../../../text/pages'
import { clockTime, fullTime } from '../../../ui/time'
import { useNewest } from './useSnapshots'

const say = words.snapshots.save

/** So long a save is waited for. It may come later, too; only nobody looks for it all the time. */
const PATIENCE = 30_000

interface Asked {
  saving: Saving
  /** When the newest snapshot was taken before this one was asked for. */
  after: number
  late: boolean
}

export function useSaving() {
  const { rest } = useApp()
  const [asked, setAsked] = useState<Asked | null>(null)
  const comes = asked?.saving.state === 'saving' || asked?.saving.state === 'stopping'
  const { newest } = useNewest((now) => comes && !asked.late && (now?.at ?? 0) <= asked.after)
  const came = comes && newest !== undefined && newest.at > asked.after
  const waiting = comes && !came && !asked.late

  async function ask(): Promise<void> {
    const { snapshots } = await answer(rest.GET('/snapshots', { params: { query: { limit: 1 } } }))
    const saving = await answer(rest.POST('/snapshots', { body: { requestId: crypto.randomUUID() } }))
    setAsked({ saving, after: snapshots[0]?.at ?? 0, late: false })
  }

  useEffect(() => {
    if (!waiting) return undefined
    const enough = setTimeout(() => setAsked((still) => still && { ...still, late: true }), PATIENCE)
    return () => clearTimeout(enough)
  }, [waiting])

  const sentence = !asked ? null : came ? say.done(clockTime(newest.at)) : asked.late ? say.slow : savingText(asked.saving)
  return { ask, sentence, waiting }
}

function savingText({ state, savedAt }: Saving): string {
  if (state !== 'saved') return say[state]
  return savedAt === undefined ? say.nothing : say.asleep(fullTime(savedAt))
}
