/**
 * Who looks when nobody looks: alarms, one dashboard, and a budget, each only as far as the operator wants it. Functions and
 * queues are named, not referred to: a stack must be able to lose one while another one still watches it.
 */
import { Stack, type StackProps } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Api } from '../api/api.ts'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import type { Web } from '../web/web.ts'
import { makeAlarms } from './alarms.ts'
import { makeBudget } from './budget.ts'
import { makeDashboard } from './dashboard.ts'

export interface MonitoringParts {
  readonly api: Api
  readonly web: Web
}

export class Monitoring extends Stack {
  constructor(scope: Construct, id: string, options: Options, names: Names, { api, web }: MonitoringParts, props: StackProps) {
    super(scope, id, props)
    const { monitoring, alarmEmail, budgetDollars } = options.watch
    if (monitoring !== 'none') {
      const topic = alarmEmail === undefined ? undefined : this.#topic(alarmEmail)
      makeAlarms(this, options.name, api.failed, topic?.topicArn)
    }
    if (monitoring === 'full') makeDashboard(this, options.name, names, api, web.addresses)
    if (budgetDollars > 0 && alarmEmail !== undefined) makeBudget(this, options.name, budgetDollars, alarmEmail)
  }

  #topic(email: string): Topic {
    const topic = new Topic(this, 'Alarms', { enforceSSL: true })
    topic.addSubscription(new EmailSubscription(email))
    topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'))
    accept(topic, 'SNS2', 'CloudWatch cannot write to a topic under the key that AWS keeps, and one of our own is a dollar a month for texts without secrets.')
    return topic
  }
}
