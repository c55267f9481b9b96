/**
 * What somebody should hear of. Each alarm's description ends with the part of the runbook that is about it; a test looks
 * whether that part is there. Silence is no alarm: nothing is counted while nobody talks.
 */
import { CfnAlarm, type CfnAlarmProps } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { Name } from './metrics.ts'
import { NAMESPACE } from './metrics.ts'

const RUNBOOK = 'docs/runbook.md'
const MINUTE = 60

interface Watched {
  readonly metric: Name
  readonly statistic: 'Sum' | 'Maximum'
  readonly minutes: number
  readonly atLeast: number
  readonly says: string
  readonly section: string
}

export const WATCHED: readonly Watched[] = [
  { metric: 'DeadMessages', statistic: 'Sum', minutes: 5, atLeast: 1, says: 'A message was given up after three tries', section: 'a-message-was-given-up' },
  { metric: 'FailedLaunches', statistic: 'Sum', minutes: 15, atLeast: 3, says: 'Agents do not wake up', section: 'agents-do-not-wake-up' },
  // The watchdog counts it only of messages that nobody has taken up for longer than a wake-up takes.
  { metric: 'OldestPendingSeconds', statistic: 'Maximum', minutes: 5, atLeast: 600, says: 'A message waits, and nobody takes it up', section: 'a-message-waits-too-long' },
  { metric: 'FailedSnapshots', statistic: 'Sum', minutes: 30, atLeast: 3, says: 'What agents learn is not saved', section: 'snapshots-fail' },
  { metric: 'ReleasesWithdrawn', statistic: 'Sum', minutes: 5, atLeast: 1, says: 'A new version did not come up, and the one before is back', section: 'a-release-was-withdrawn' },
]

/** Anything in there waits for a person. */
const FAILED_EVENTS = { says: 'A function failed for good on an event', section: 'events-failed' }

export function makeAlarms(scope: Construct, name: string, failed: readonly string[], topicArn: string | undefined): void {
  const common = {
    comparisonOperator: 'GreaterThanOrEqualToThreshold', evaluationPeriods: 1, treatMissingData: 'notBreaching',
    ...(topicArn !== undefined && { alarmActions: [topicArn], okActions: [topicArn] }),
  } satisfies Partial<CfnAlarmProps>
  for (const { metric, statistic, minutes, atLeast, ...about } of WATCHED) {
    new CfnAlarm(scope, metric, {
      ...common, alarmName: `${name}-${metric}`, alarmDescription: described(about), namespace: NAMESPACE, metricName: metric, statistic,
      period: minutes * MINUTE, threshold: atLeast,
    })
  }
  new CfnAlarm(scope, 'FailedEvents', {
    ...common, alarmName: `${name}-FailedEvents`, alarmDescription: described(FAILED_EVENTS), threshold: 1, metrics: inAll(failed),
  })
}

export function described({ says, section }: { says: string; section: string }): string {
  return `${says}. ${RUNBOOK}#${section}`
}

function inAll(queues: readonly string[]): CfnAlarm.MetricDataQueryProperty[] {
  const each = queues.map((queue, place) => ({
    id: `q${place}`, returnData: false,
    metricStat: {
      metric: { namespace: 'AWS/SQS', metricName: 'ApproximateNumberOfMessagesVisible', dimensions: [{ name: 'QueueName', value: queue }] },
      period: 5 * MINUTE, stat: 'Maximum',
    },
  }))
  return [...each, { id: 'all', expression: each.map(({ id }) => id).join('+'), label: 'Events that failed', returnData: true }]
}
