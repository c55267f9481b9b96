/** How many tasks may run at once. A new account may run few, and finds out at the worst moment. */
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
} from '@aws-sdk/client-service-quotas'
import type { Aws } from '../aws.ts'
import { isNamed } from '../errors.ts'
import type { World } from '../world.ts'
import { type Check, type Finding, ok, problem, warning } from './check.ts'

const SERVICE = 'fargate'
/** CPU units of one vCPU, as Fargate writes sizes. */
const UNITS = 1024
/** AWS's default of 6 vCPU is 12 tasks of half a vCPU: enough for a household, not for a company. */
const FEW_TASKS = 12

const quotaCheck = (title: string, code: string, isNeeded: (world: World) => boolean): Check => ({
  title,
  async look(world) {
    if (!isNeeded(world)) return ok('not used: capacity is spot only')
    const limit = await vcpus(world.aws, code)
    const tasks = Math.floor((limit * UNITS) / world.options.task.cpu)
    return verdict(limit, tasks, code)
  },
})

export const spotQuotaCheck = quotaCheck('Fargate Spot quota', 'L-36FBB829', () => true)
export const onDemandQuotaCheck = quotaCheck(
  'Fargate on-demand quota',
  'L-3032A538',
  ({ options }) => options.task.capacity !== 'spot',
)

function verdict(limit: number, tasks: number, code: string): Finding {
  const says = `${limit} vCPU: ${tasks} agents awake at the same time`
  const more = `More: aws service-quotas request-service-quota-increase --service-code ${SERVICE} --quota-code ${code} --desired-value 64 (free; a day or so)`
  if (tasks === 0) return problem(`${says}. Nobody's agent can start`, more)
  if (tasks <= FEW_TASKS) return { ...(tasks < FEW_TASKS ? warning(says) : ok(says)), todo: more }
  return ok(says)
}

/** An account that never asked for more has no quota of its own, only AWS's default. */
async function vcpus(aws: Aws, code: string): Promise<number> {
  const which = { ServiceCode: SERVICE, QuotaCode: code }
  try {
    return value(await aws.quotas.send(new GetServiceQuotaCommand(which)))
  } catch (error) {
    if (!isNamed(error, 'NoSuchResourceException')) throw error
    return value(await aws.quotas.send(new GetAWSDefaultServiceQuotaCommand(which)))
  }
}

function value(answer: { Quota?: { Value?: number | undefined } | undefined }): number {
  const found = answer.Quota?.Value
  if (found === undefined) throw new Error('Service Quotas names no value')
  return found
}
