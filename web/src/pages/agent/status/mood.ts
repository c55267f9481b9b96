/** One word for how the agent is, from what the connection heard and what REST said last. */
import { type Agent, isPostponed } from '../../../chat/agent'
import type { StatusResponse } from '../../../protocol'

export type Mood = 'unknown' | 'asleep' | 'postponed' | 'waking' | 'ready' | 'working' | 'stopping'

/** Frames are newer than any answer, so REST says only what they never do: that something is being answered. */
export function howItIs(agent: Agent, told: StatusResponse | undefined): Mood {
  const status = agent.status ?? told?.status
  switch (status) {
    case undefined:
      return 'unknown'
    case 'Starting':
      return 'waking'
    case 'Stopping':
      return 'stopping'
    case 'Running':
      return told?.status === 'Running' && told.openMessages > 0 ? 'working' : 'ready'
    case 'Idle':
      return isPostponed(agent) ? 'postponed' : 'asleep'
  }
}
