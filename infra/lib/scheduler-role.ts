/** Whom EventBridge Scheduler acts as. */
import { Aws } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { arn } from './names.ts'

/** Taken on by the scheduler for schedules of a group of this account: it names the group, and no single schedule, as whom it acts for. */
export function schedulerRole(scope: Construct, id: string, group: string): Role {
  const principal = new ServicePrincipal('scheduler.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': arn('scheduler', `schedule-group/${group}`) } },
  })
  return new Role(scope, id, { assumedBy: principal })
}
