/** Users' own schedules: a group at EventBridge Scheduler for all of them, and the role by which one rings. */
import { Aws } from 'aws-cdk-lib'
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { arn, type Names } from '../names.ts'

export class UserSchedules {
  readonly roleArn: string
  readonly #schedules: string

  constructor(scope: Construct, names: Names) {
    new CfnScheduleGroup(scope, 'UserSchedules', { name: names.scheduleGroup })
    const role = schedulerRole(scope, 'UserSchedulesRole', names.scheduleGroup)
    allow(role, ['lambda:InvokeFunction'], [names.functionArn('scheduled-message')])
    this.roleArn = role.roleArn
    this.#schedules = arn('scheduler', `schedule/${names.scheduleGroup}/*`)
  }

  grantSet(role: IRole): void {
    allow(role, ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'], [this.#schedules])
    allow(role, ['iam:PassRole'], [this.roleArn], { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } })
  }

  grantRemove(role: IRole): void {
    allow(role, ['scheduler:DeleteSchedule'], [this.#schedules])
  }
}

/** Taken on by the scheduler for schedules of a group of this account: it names the group, and no single schedule, as whom it acts for. */
export function schedulerRole(scope: Construct, id: string, group: string): Role {
  const principal = new ServicePrincipal('scheduler.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': arn('scheduler', `schedule-group/${group}`) } },
  })
  const role = new Role(scope, id, { assumedBy: principal })
  return role
}
