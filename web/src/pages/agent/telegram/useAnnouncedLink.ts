/** Says that the link was made, when it was made while the person waited for it here. */
import { useEffect, useRef } from 'react'
import type { LinkStatus } from '../../../protocol'
import { words } from '../../../text/pages'
import { tell } from '../../../ui/kit/toasts'

export function useAnnouncedLink(status: LinkStatus | undefined, then: () => void): void {
  const before = useRef<boolean>(undefined)
  const name = status?.accounts[0]?.name

  useEffect(() => {
    if (!status) return
    if (before.current === false && name !== undefined) {
      tell(words.telegram.linked.announce(name))
      then()
    }
    before.current = name !== undefined
    // Only what became of the link counts.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [status, name])
}
