/** Whoever signs out leaves nothing in this browser: also not what the server has not taken yet. */
import { words } from '../text/pages'
import { Confirm } from './kit/Dialog'

const { account: say } = words

interface LeaveProps {
  unsent: number
  onLeave: () => void
  onClose: () => void
}

export function Leave({ unsent, onLeave, onClose }: LeaveProps) {
  return (
    <Confirm open title={say.losesTitle(unsent)} action={say.losesAction} cancel={say.stay} onConfirm={onLeave} onClose={onClose}>
      <p>{say.loses(unsent)}</p>
    </Confirm>
  )
}
