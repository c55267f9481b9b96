/** Where an event goes that a function could not act upon: it is kept for two weeks, an alarm looks at it, and the runbook says how to send it again. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { CfnEventInvokeConfig } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { accept } from '../nag.ts'
import type { RustFunction } from './function.ts'

/** Lambda's most: after 1 and after 2 more minutes. */
const RETRIES = 2
/** Lambda's most. */
const TRIED_FOR = Duration.hours(6)
/** SQS's most. */
const KEPT = Duration.days(14)

export class Failed extends Construct {
  readonly queue: Queue
  readonly queueName: string

  constructor(of: RustFunction, name: string) {
    super(of, 'Failed')
    this.queueName = `${name}-${of.crate}-failed`
    this.queue = new Queue(this, 'Queue', {
      queueName: this.queueName, retentionPeriod: KEPT, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    accept(this.queue, 'SQS3', 'It is itself where what failed goes.')
    allow(of.role, ['sqs:SendMessage'], [this.queue.queueArn])
    new CfnEventInvokeConfig(this, 'Retries', {
      functionName: of.function.functionName,
      qualifier: '$LATEST',
      maximumRetryAttempts: RETRIES,
      maximumEventAgeInSeconds: TRIED_FOR.toSeconds(),
      destinationConfig: { onFailure: { destination: this.queue.queueArn } },
    }).node.addDependency(of.role)
  }
}
