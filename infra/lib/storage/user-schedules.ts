/**
 * Users' own schedules: a group at EventBridge Scheduler for all of them, and the role by which one rings. They stand
 * beside the tables, so that a deployment that was taken down and made again still has them.
 */
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { arn, type Names } from '../names.ts'
import { schedulerRole } from '../scheduler-role.ts'

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
