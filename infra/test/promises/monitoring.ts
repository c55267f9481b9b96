import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { METRICS } from '../../lib/monitoring/metrics.ts'
import { type Json, plain, type Templates } from '../templates.ts'
import { every, type Promise } from './promise.ts'
import { sure } from '../sure.ts'

const FULL = { monitoring: 'full', alarmEmail: 'somebody@example.com', telegram: 'on', prewarmSpares: '1' }
const OURS = 'ServerlessOpenClaw'
const OUR_METRICS = new Set(METRICS.map(({ name }) => name))

/** AWS's own metrics that we look at, with their dimensions, and the type of resource that each dimension names. */
const THEIRS: Record<string, Record<string, string>> = {
  'AWS/Lambda Errors': { FunctionName: 'AWS::Lambda::Function' },
  'AWS/Lambda Throttles': { FunctionName: 'AWS::Lambda::Function' },
  'AWS/Lambda Duration': { FunctionName: 'AWS::Lambda::Function' },
  'AWS/SQS ApproximateNumberOfMessagesVisible': { QueueName: 'AWS::SQS::Queue' },
  'AWS/ApiGateway ConnectCount': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
  'AWS/ApiGateway MessageCount': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
  'AWS/ApiGateway IntegrationError': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
  'AWS/ApiGateway Count': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
  'AWS/ApiGateway 4xx': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
  'AWS/ApiGateway 5xx': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
  'AWS/ApiGateway Latency': { ApiId: 'AWS::ApiGatewayV2::Api', Stage: 'AWS::ApiGatewayV2::Stage' },
}

/** What a dimension may say: the name of a resource that is really there. */
function names(all: Templates, type: string): Set<string> {
  return new Set(all.all(type).map(({ id, properties }) => properties.FunctionName ?? properties.QueueName ?? properties.StageName ?? plain(id)))
}

function checkMetric(all: Templates, namespace: string, metric: string, dimensions: [string, string][]): void {
  if (namespace === OURS) {
    sure(OUR_METRICS.has(metric), `nobody counts ${metric}`)
    assert.deepEqual(dimensions, [], `${metric} has no dimensions`)
    return
  }
  const expected = THEIRS[`${namespace} ${metric}`]
  sure(expected, `${namespace} ${metric} is not one that we know of`)
  assert.deepEqual(dimensions.map(([name]) => name), Object.keys(expected))
  for (const [name, value] of dimensions) sure(names(all, expected[name]!).has(value), `there is no ${name} ${value}`)
}

const alarms = (all: Templates) => all.all('AWS::CloudWatch::Alarm')
const board = (all: Templates) => all.one('AWS::CloudWatch::Dashboard').properties
const widgets = (all: Templates): Json[] => JSON.parse(all.said(board(all).DashboardBody)).widgets

const headings = () => readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^#{2,3} /.test(line))
  .map((line) => line.replace(/^#+ /, '').toLowerCase().replace(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'))

export const MONITORING: readonly Promise[] = [
  {
    says: 'each alarm ends with the part of the runbook that is about it',
    holds: (all) => {
      const parts = headings()
      every(alarms(all), ({ properties }) => {
        const [, part] = /\. docs\/runbook\.md#([a-z-]+)$/.exec(properties.AlarmDescription) ?? []
        sure(part !== undefined && parts.includes(part), properties.AlarmDescription)
      })
    },
    breaks: (all) => { alarms(all)[0]!.properties.AlarmDescription = 'Something is wrong. docs/runbook.md#something' },
  },
  {
    says: 'watching holds nobody back: no alarm and no dashboard needs a function or a queue to stay',
    with: FULL,
    holds: (all) => assert.doesNotMatch(JSON.stringify(all.stacks['monitoring']), /-api:ExportsOutput/),
    breaks: (all) => { alarms(all)[0]!.properties.Dimensions = [{ Name: 'QueueName', Value: { 'Fn::ImportValue': 'openclaw-api:ExportsOutputRefQueue' } }] },
  },
  {
    says: 'silence is no alarm',
    holds: (all) => every(alarms(all), ({ properties }) => assert.equal(properties.TreatMissingData, 'notBreaching')),
    breaks: (all) => { alarms(all)[1]!.properties.TreatMissingData = 'breaching' },
  },
  {
    says: 'there is an alarm for given-up messages, wake-ups, waiting, snapshots, releases and failed events',
    holds: (all) => assert.deepEqual(alarms(all).map(({ properties }) => properties.AlarmName.replace('openclaw-', '')).toSorted(),
      ['DeadMessages', 'FailedEvents', 'FailedLaunches', 'FailedSnapshots', 'OldestPendingSeconds', 'ReleasesWithdrawn']),
    breaks: (all) => all.remove(all.one('AWS::CloudWatch::Alarm', 'DeadMessages')),
  },
  {
    says: 'each alarm looks at something that is counted',
    with: FULL,
    holds: (all) => every(alarms(all), ({ properties }) => {
      const of = properties.Metrics?.filter((one: Json) => one.MetricStat).map((one: Json) => one.MetricStat.Metric) ?? [properties]
      every(of, (one: Json) => checkMetric(all, one.Namespace, one.MetricName, (one.Dimensions ?? []).map((each: Json) => [each.Name, all.said(each.Value)])))
    }),
    breaks: (all) => { all.one('AWS::CloudWatch::Alarm', 'FailedLaunches').properties.MetricName = 'LaunchesFailed' },
  },
  {
    says: 'each widget of the dashboard shows something that is counted, of something that is there',
    with: FULL,
    holds: (all) => every(widgets(all), (widget) => every(widget.properties.metrics, (metric: Json[]) => {
      const [namespace, name, ...rest] = metric.filter((part) => typeof part === 'string') as string[]
      const dimensions = Array.from({ length: rest.length / 2 }, (_, place): [string, string] => [rest[2 * place]!, rest[2 * place + 1]!])
      checkMetric(all, namespace!, name!, dimensions)
    })),
    breaks: (all) => { board(all).DashboardBody = all.said(board(all).DashboardBody).replace('"WakeMillis"', '"WakeSeconds"') },
  },
  {
    says: 'whatever our programs count is on the dashboard',
    with: FULL,
    holds: (all) => {
      const shown = new Set(widgets(all).flatMap((widget) => widget.properties.metrics.filter((metric: Json[]) => metric[0] === OURS).map((metric: Json[]) => metric[1])))
      assert.deepEqual([...OUR_METRICS].filter((name) => !shown.has(name)), [])
    },
    breaks: (all) => { board(all).DashboardBody = all.said(board(all).DashboardBody).replaceAll('"ReplyMillis"', '"QueueMillis"') },
  },
  {
    says: 'somebody hears of an alarm, and of its end, if he said where',
    with: FULL,
    holds: (all) => {
      every(alarms(all), ({ properties }) => assert.deepEqual([all.resolved(properties.AlarmActions), all.resolved(properties.OKActions)], [['Alarms'], ['Alarms']]))
      assert.equal(all.one('AWS::SNS::Subscription').properties.Endpoint, 'somebody@example.com')
    },
    breaks: (all) => { delete alarms(all)[2]!.properties.AlarmActions },
  },
  {
    says: 'a budget writes before and when the month gets dear',
    with: { alarmEmail: 'somebody@example.com', budgetDollars: '5' },
    holds: (all) => {
      const { properties } = all.one('AWS::Budgets::Budget')
      assert.deepEqual(properties.Budget.BudgetLimit, { Amount: 5, Unit: 'USD' })
      assert.deepEqual(properties.NotificationsWithSubscribers.map((one: Json) => [one.Notification.NotificationType, one.Subscribers[0].Address]),
        [['ACTUAL', 'somebody@example.com'], ['FORECASTED', 'somebody@example.com']])
    },
    breaks: (all) => { all.one('AWS::Budgets::Budget').properties.Budget.BudgetLimit.Amount = 500 },
  },
  {
    says: 'by default there are at most the ten alarms that are free, no dashboard and no budget',
    holds: (all) => {
      const looked = alarms(all).map(({ properties }) => properties.Metrics?.filter((one: Json) => one.MetricStat).length ?? 1)
      sure(looked.reduce((sum: number, one: number) => sum + one, 0) <= 10)
      assert.deepEqual([all.all('AWS::CloudWatch::Dashboard').length, all.all('AWS::Budgets::Budget').length], [0, 0])
    },
    breaks: (all) => all.add('monitoring', 'Dashboard', 'AWS::CloudWatch::Dashboard'),
  },
  {
    says: 'without monitoring there is none of it',
    with: { monitoring: 'none' },
    holds: (all) => assert.deepEqual(Object.keys(all.stacks).toSorted(), ['api', 'compute', 'identity', 'network', 'storage', 'web']),
    breaks: (all) => { (all.stacks as Record<string, Json>)['monitoring'] = { Resources: {} } },
  },
]
