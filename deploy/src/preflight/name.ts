/** Whether the name is free, or of a deployment of ours, and in which state it is. */
import type { Stack } from '@aws-sdk/client-cloudformation'
import { readDescription } from '../description.ts'
import { existingStacks } from '../stacks.ts'
import type { World } from '../world.ts'
import { type Check, type Finding, ok, problem, warning } from './check.ts'

export const nameCheck: Check = {
  title: 'Name',
  async look(world) {
    const stacks = await existingStacks(world.aws, world.deployment)
    const description = await readDescription(world.aws, world.deployment)
    return stuck(stacks) ?? verdict(world, stacks, description !== undefined)
  },
}

function stuck(stacks: Stack[]): Finding | undefined {
  for (const { StackName: name, StackStatus: status = '' } of stacks) {
    if (status === 'UPDATE_ROLLBACK_FAILED' || status === 'DELETE_FAILED' || status === 'ROLLBACK_FAILED') {
      const way = status === 'UPDATE_ROLLBACK_FAILED' ? 'continue-update-rollback' : 'delete-stack'
      return problem(
        `the stack ${name} is stuck (${status})`,
        `Its events in CloudFormation's console say why. Then: aws cloudformation ${way} --stack-name ${name}`,
      )
    }
    if (status.endsWith('_IN_PROGRESS')) {
      return warning(`the stack ${name} is being changed (${status})`, 'Somebody else deploys, or a deploy was broken off: CDK waits for its end.')
    }
  }
  return undefined
}

function verdict({ deployment: { name, region } }: World, stacks: Stack[], isDescribed: boolean): Finding {
  if (stacks.length === 0 && isDescribed) {
    return problem(
      `/${name}/deployment exists, but no stack does`,
      `Somebody left it behind. Look at it, then: aws ssm delete-parameter --name /${name}/deployment`,
    )
  }
  if (stacks.length === 0) return ok(`"${name}" is free in ${region}`)
  const foreign = stacks.find((stack) => !isOurs(stack, name))
  if (foreign) return problem(`a stack ${foreign.StackName} exists that is not of this project`, 'Choose another NAME.')
  if (isDescribed) return ok(`"${name}" is deployed here and will be updated`)
  return ok(`"${name}" is here in part: ${stacks.map(({ StackName }) => StackName).join(', ')}. A deploy goes on with them`)
}

/** The CDK app puts the deployment's name on everything. */
const TAG = 'deployment'

const isOurs = (stack: Stack, name: string): boolean =>
  stack.Tags?.some(({ Key, Value }) => Key === TAG && Value === name) ?? false
