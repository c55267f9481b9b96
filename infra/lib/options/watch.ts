/** Who looks at the deployment, and who hears of it. */
import type { Reader} from './read.ts';
import { UnusableOption } from './read.ts'

export interface WatchOptions {
  readonly monitoring: 'none' | 'alarms' | 'full'
  readonly alarmEmail: string | undefined
  /** US dollars a month of the whole account; 0: no budget. */
  readonly budgetDollars: number
  /** API Gateway writes a WebSocket API's access log by a role that is set once for account and region: ours, the one that is there, or no log. */
  readonly webSocketLogs: 'own-role' | 'account-role' | 'off'
  /** Between two looks of the watchdog. */
  readonly watchdogMinutes: number
}

export function readWatch(read: Reader): WatchOptions {
  const alarmEmail = read.text('alarmEmail', /^[^\s@<>",]+@[^\s@<>",]+\.[^\s@<>",]+$/, 'an e-mail address')
  const budgetDollars = read.number('budgetDollars', 0, 1_000_000, 0)
  if (budgetDollars > 0 && alarmEmail === undefined) {
    throw new UnusableOption(`The option budgetDollars is "${budgetDollars}"; it needs alarmEmail, because a budget can only write to somebody.`)
  }
  return {
    monitoring: read.oneOf('monitoring', ['none', 'alarms', 'full'], 'alarms'),
    alarmEmail,
    budgetDollars,
    webSocketLogs: read.oneOf('webSocketLogs', ['own-role', 'account-role', 'off'], 'own-role'),
    watchdogMinutes: read.number('watchdogMinutes', 1, 5, 1),
  }
}
