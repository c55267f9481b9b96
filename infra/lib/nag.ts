/** What cdk-nag's AwsSolutions would have otherwise, with the reason why it is as it is. */
import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason })
}
