/** CloudFormation's stacks of a deployment. */
import {
  DeleteStackCommand,
  DescribeStacksCommand,
  type Stack,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation'
import type { Aws } from './aws.ts'
import type { Deployment } from './deployment.ts'
import { isNamed, Refusal } from './errors.ts'

/** CloudFront's distribution takes the longest, a quarter of an hour at worst. */
const GONE_WITHIN_SECONDS = 40 * 60

export async function stackOf(aws: Aws, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks = [] } = await aws.cloudformation.send(new DescribeStacksCommand({ StackName: name }))
    return Stacks[0]
  } catch (error) {
    if (isNamed(error, 'ValidationError') && /does not exist/.test(String(error))) return undefined
    throw error
  }
}

/** In the order in which they are deployed. */
export async function existingStacks(aws: Aws, deployment: Deployment): Promise<Stack[]> {
  const found = await Promise.all(deployment.stacks.map((name) => stackOf(aws, name)))
  return found.filter((stack) => stack !== undefined)
}

export async function deleteStack(aws: Aws, name: string): Promise<void> {
  await aws.cloudformation.send(new DeleteStackCommand({ StackName: name }))
  try {
    await waitUntilStackDeleteComplete({ client: aws.cloudformation, maxWaitTime: GONE_WITHIN_SECONDS }, { StackName: name })
  } catch {
    const left = await stackOf(aws, name)
    if (left) throw new Refusal(`${name} could not be deleted (${left.StackStatus}: ${left.StackStatusReason ?? 'its events say why'})`)
  }
}
