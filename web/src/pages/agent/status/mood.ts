/** One word for how the agent is, from what the connection heard and what REST said last. */
import { type Agent, isPostponed } from '../../../chat/agent'
import type { StatusResponse } from '../../../protocol'

export type Mood = 'unknown' | 'asleep' | 'postponed' | 'waking' | 'ready' | 'working' | 'stopping'

/** Frames are newer than any answer. Only what they never say, such as a launch put off for nobody's message, is REST's. */
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
      return isPostponed(agent) || (told?.status === 'Idle' && told.phase === 'retrying') ? 'postponed' : 'asleep'
  }
}
