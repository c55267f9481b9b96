/** What the agent did on the way, folded to one line until somebody asks. */
import type { Tool } from '../chat/thread'
import { text } from '../text'
import { ToolIcon } from './icons'
import styles from './Tools.module.css'

export function Tools({ tools, busy }: { tools: Tool[]; busy: boolean }) {
  const running = busy && tools.some((tool) => tool.state === 'start')
  const done = tools.filter((tool) => tool.state !== 'start').length
  const failed = tools.filter((tool) => tool.state === 'error').length
  const shown = running ? tools.findLast((tool) => tool.state === 'start') : tools.at(-1)
  return (
    <details className={styles.tools} data-running={running}>
      <summary>
        <ToolIcon className={styles.icon} />
        <span className={styles.count}>{running ? text.tools.working(done + 1) : text.tools.count(tools.length, failed)}</span>
        <span className={styles.latest} dir="auto">
          {shown && describe(shown)}
        </span>
      </summary>
      <ol aria-label={text.tools.label}>
        {tools.map((tool) => (
          <li key={tool.id} data-state={tool.state}>
            <code>{tool.name}</code>
            <span dir="auto">{tool.summary}</span>
            <em>{text.tools.states[tool.state]}</em>
          </li>
        ))}
      </ol>
    </details>
  )
}

const describe = ({ name, summary }: Tool): string => summary || name
