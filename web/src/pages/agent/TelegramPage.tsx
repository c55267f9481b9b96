/** Whether a Telegram account is linked, and the way there and back. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer } from '../../api/client'
import { useApp } from '../../app/context'
import type { IssuedLinkCode } from '../../protocol'
import { words } from '../../text/pages'
import { Loading, Problem } from '../../ui/kit/Async'
import { useDeed } from '../../ui/kit/useDeed'
import { Notifications } from '../settings/Notifications'
import { Intro } from './telegram/Intro'
import { LinkCode } from './telegram/LinkCode'
import { Linked } from './telegram/Linked'
import { useAnnouncedLink } from './telegram/useAnnouncedLink'
import { useSecondsLeft } from './telegram/useSecondsLeft'

/** How soon the page notices a link whose frame it missed. */
const LOOK_EVERY_MS = 3000

export function TelegramPage() {
  const { rest } = useApp()
  const [issued, setIssued] = useState<IssuedLinkCode | null>(null)
  const left = useSecondsLeft(issued?.expiresAt ?? null)
  const link = useQuery({
    queryKey: ['link'],
    queryFn: () => answer(rest.GET('/link/status')),
    // While the page is in sight; one that comes back looks at once.
    refetchInterval: ({ state }) => left > 0 && !state.data?.linked && LOOK_EVERY_MS,
    refetchOnWindowFocus: 'always',
  })
  const ask = useDeed({ run: () => answer(rest.POST('/link/generate-otp')), changes: ['link'], after: setIssued })
  useAnnouncedLink(link.data, () => setIssued(null))

  if (!link.data) return link.error ? <Problem error={link.error} onRetry={() => void link.refetch()} /> : <Loading label={words.telegram.loading} lines={4} />
  const account = link.data.accounts[0]
  if (account) {
    return (
      <>
        <Linked account={account} />
        <Notifications />
      </>
    )
  }
  if (issued) {
    return (
      <LinkCode
        key={issued.code}
        issued={issued}
        left={left}
        busy={ask.busy}
        problem={ask.problem}
        onAnother={() => ask.run()}
        onClose={() => setIssued(null)}
      />
    )
  }
  return <Intro outstandingUntil={link.data.codeExpiresAt ?? null} busy={ask.busy} error={ask.error} onAsk={() => ask.run()} />
}
