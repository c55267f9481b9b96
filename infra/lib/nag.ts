/** What cdk-nag's AwsSolutions would have otherwise, with the reason why it is as it is. */
import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason })
}

/**
 * Where a grant ends in a star, and what it stands for. cdk-nag gives each of them a name of its own that is known only when
 * all stacks are; the test of it takes these for answered, and no others.
 */
export const STARS: readonly { readonly ends: RegExp; readonly because: string }[] = [
  { ends: /Bucket\w+\/(downloads|exports|incoming|skills|snapshot-keys|snapshots|texts|uploads)\/\*$/, because: 'Below a folder of one kind are users\' ids, which nobody knows beforehand.' },
  { ends: /:execute-api:.*\/ws\/(POST|DELETE)\/@connections\/\*$/, because: 'Connections have ids that API Gateway makes up.' },
  { ends: /:task-definition\/[a-z0-9-]+:\*$/, because: 'A release may go back to any revision; the condition names the cluster.' },
  { ends: /:task\/[\w-]+:ExportsOutputRefCluster\w+\/\*$/, because: 'Tasks have ids that ECS makes up, below the name of our cluster.' },
  { ends: /:schedule\/[a-z0-9-]+\/\*$/, because: 'A user\'s schedule is named by a hash, in the group of this deployment.' },
  { ends: /:kms:<AWS::Region>:<AWS::AccountId>:key\/\*$/, because: 'Only the key with the alias aws/ssm, only through Systems Manager, and only for parameters of ours: the conditions say so.' },
  { ends: /^\*$/, because: 'Of ecr:GetAuthorizationToken and ecs:ListTasks, which AWS knows for nothing in particular; a test allows it for no other action.' },
]
