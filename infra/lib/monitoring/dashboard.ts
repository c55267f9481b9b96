/** One page for the operator: do people get answers, how fast, what breaks, and what it costs. */
import { Aws, type Stack } from 'aws-cdk-lib'
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch'
import type { Api } from '../api/api.ts'
import { type Addresses, WEB_SOCKET_STAGE } from '../web/addresses.ts'
import type { Names } from '../names.ts'
import { type Name, NAMESPACE } from './metrics.ts'

/** Namespace, name, and each dimension's name and value. */
type Metric = readonly string[]
type Statistic = 'Sum' | 'Average' | 'Maximum' | 'p50' | 'p90'

interface Widget {
  readonly title: string
  readonly statistics: readonly Statistic[]
  readonly metrics: readonly Metric[]
}

/** CloudWatch's grid has 24 columns. */
const WIDTH = 8
const HEIGHT = 6
const PERIOD_SECONDS = 300

export function makeDashboard(stack: Stack, name: string, names: Names, api: Api, addresses: Addresses): void {
  const widgets = [...ours(), ...theirs(names, api, addresses)].map((widget, place) => ({
    type: 'metric', x: (place % 3) * WIDTH, y: Math.floor(place / 3) * HEIGHT, width: WIDTH, height: HEIGHT,
    properties: {
      title: widget.title, region: Aws.REGION, view: 'timeSeries', period: PERIOD_SECONDS,
      metrics: widget.metrics.flatMap((metric) => widget.statistics.map((stat) => [...metric, { stat }])),
    },
  }))
  new CfnDashboard(stack, 'Dashboard', { dashboardName: name, dashboardBody: stack.toJsonString({ widgets }) })
}

function of(title: string, statistics: Statistic[], ...names: Name[]): Widget {
  return { title, statistics, metrics: names.map((name) => [NAMESPACE, name]) }
}

function ours(): Widget[] {
  return [
    of('From a message to its reply', ['p50', 'p90'], 'FirstTokenMillis', 'ReplyMillis'),
    of('Waking up', ['p50', 'p90'], 'WakeMillis', 'ProvisioningMillis', 'BootMillis'),
    of('Waiting in the inbox', ['p90'], 'QueueMillis'),
    of('The oldest message that nobody has taken up', ['Maximum'], 'OldestPendingSeconds'),
    of('Launches', ['Sum'], 'Launches', 'FailedLaunches', 'SparesClaimed', 'SpotInterruptions'),
    of('What went wrong', ['Sum'], 'DeadMessages', 'UndeliveredReplies', 'ParkedUpdates', 'Unreadable', 'ReleasesWithdrawn'),
    of('Repairs', ['Sum'], 'DeadTasksReleased', 'OrphansStopped', 'RestoresFellBack', 'DamagedSnapshots'),
    of('Snapshots', ['Sum'], 'Snapshots', 'FailedSnapshots', 'Restores'),
    of('What a lost machine would take along', ['Maximum'], 'SnapshotAgeSeconds'),
    of('How long saving and restoring take', ['p90'], 'SnapshotMillis', 'RestoreMillis'),
    of('What snapshots add', ['Sum'], 'SnapshotBytes'),
    of('Estimated cost, in millionths of a dollar', ['Sum'], 'EstimatedCostMicroUsd'),
  ]
}

function theirs(names: Names, api: Api, addresses: Addresses): Widget[] {
  const functions = Object.keys(api.functions).map(names.function)
  const lambda = (metric: string) => functions.map((name): Metric => ['AWS/Lambda', metric, 'FunctionName', name])
  const webSocket = (metric: string): Metric => ['AWS/ApiGateway', metric, 'ApiId', addresses.webSocketApiId, 'Stage', WEB_SOCKET_STAGE]
  const http = (metric: string): Metric => ['AWS/ApiGateway', metric, 'ApiId', addresses.httpApiId, 'Stage', '$default']
  return [
    { title: 'Connections and messages', statistics: ['Sum'], metrics: [webSocket('ConnectCount'), webSocket('MessageCount'), webSocket('IntegrationError')] },
    { title: 'HTTP API', statistics: ['Sum'], metrics: [http('Count'), http('4xx'), http('5xx')] },
    { title: 'HTTP API, milliseconds', statistics: ['p50', 'p90'], metrics: [http('Latency')] },
    { title: 'Errors of functions', statistics: ['Sum'], metrics: lambda('Errors') },
    { title: 'Functions that were throttled', statistics: ['Sum'], metrics: lambda('Throttles') },
    { title: 'Functions, milliseconds', statistics: ['p90'], metrics: lambda('Duration') },
    {
      title: 'Events that failed', statistics: ['Maximum'],
      metrics: api.failed.map((queue): Metric => ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', queue]),
    },
  ]
}
