/** How the agent is right now, what can be done about that, and how long waking took before. */
import { useAgent } from '../../chat/useChat'
import { isPostponed, isWaking } from '../../chat/agent'
import { words } from '../../text/pages'
import { Waking } from '../../ui/Waking'
import { Now } from './status/Now'
import { Steer } from './status/Steer'
import { Wakes } from './status/Wakes'

export function StatusPage() {
  const { agent } = useAgent()
  const note = agent.detail ?? words.agent.now.wakingNote
  return (
    <>
      {(isWaking(agent) || isPostponed(agent)) && <Waking agent={{ ...agent, detail: note }} />}
      <Now />
      <Steer />
      <Wakes />
    </>
  )
}
