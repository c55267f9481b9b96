/** What calls a function beside people: the clock, and what ECS says of this deployment's tasks. */
import { Aws } from 'aws-cdk-lib'
import { CfnRule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { schedulerRole } from '../scheduler-role.ts'
import type { Failed } from './failed.ts'
import type { RustFunction } from './function.ts'

/** In the words that the functions know (crates/watchdog, crates/prewarm). */
const TICK = JSON.stringify({ 'detail-type': 'Scheduled Event' })
/** A tick that comes late is of no use: the next one is near. */
const TICK_TRIED_FOR_SECONDS = 60
/** EventBridge's own default. */
const EVENT_TRIED_FOR_SECONDS = 86_400
const EVENT_RETRIES = 185

/** A schedule is free up to 14 million calls a month. */
export function everyMinutes(minutes: number, scope: Construct, name: string, { crate, function: target }: RustFunction, failed: Failed): void {
  const id = `${name}-${crate}`
  const role = schedulerRole(scope, `Tick-${crate}-Role`, 'default')
  allow(role, ['lambda:InvokeFunction'], [target.functionArn])
  allow(role, ['sqs:SendMessage'], [failed.queue.queueArn])
  new CfnSchedule(scope, `Tick-${crate}`, {
    name: id,
    scheduleExpression: minutes === 1 ? 'rate(1 minute)' : `rate(${minutes} minutes)`,
    flexibleTimeWindow: { mode: 'OFF' },
    state: 'ENABLED',
    target: {
      arn: target.functionArn, roleArn: role.roleArn, input: TICK, deadLetterConfig: { arn: failed.queue.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: TICK_TRIED_FOR_SECONDS, maximumRetryAttempts: 1 },
    },
  })
}

/** Ends and warnings only: of a task's beginning the bridge tells itself. */
export function taskEvents(scope: Construct, name: string, clusterArn: string, { crate, function: target }: RustFunction, failed: Failed): void {
  const rule = new CfnRule(scope, `Tasks-${crate}`, {
    name: `${name}-${crate}-tasks`,
    description: 'A task of this deployment has stopped, or is about to',
    state: 'ENABLED',
    eventPattern: {
      source: ['aws.ecs'], 'detail-type': ['ECS Task State Change'], detail: { clusterArn: [clusterArn], desiredStatus: ['STOPPED'] },
    },
    targets: [{
      id: crate, arn: target.functionArn, deadLetterConfig: { arn: failed.queue.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: EVENT_TRIED_FOR_SECONDS, maximumRetryAttempts: EVENT_RETRIES },
    }],
  })
  new CfnPermission(scope, `Tasks-${crate}-Permission`, {
    action: 'lambda:InvokeFunction', functionName: target.functionArn, principal: 'events.amazonaws.com', sourceArn: rule.attrArn,
    sourceAccount: Aws.ACCOUNT_ID,
  })
  failed.queue.addToResourcePolicy(new PolicyStatement({
    principals: [new ServicePrincipal('events.amazonaws.com')], actions: ['sqs:SendMessage'], resources: [failed.queue.queueArn],
    conditions: { ArnEquals: { 'aws:SourceArn': rule.attrArn } },
  }))
}
