/** What ECS needs of an account before the first task. */
import { ListAccountSettingsCommand } from '@aws-sdk/client-ecs'
import { CreateServiceLinkedRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { isNamed } from '../errors.ts'
import { type Check, ok, problem, warning } from './check.ts'

const ROLE = 'AWSServiceRoleForECS'
const ECS = 'ecs.amazonaws.com'

export const ecsRoleCheck: Check = {
  title: 'ECS service role',
  async look({ aws }) {
    try {
      await aws.iam.send(new GetRoleCommand({ RoleName: ROLE }))
      return ok(ROLE)
    } catch (error) {
      if (!isNamed(error, 'NoSuchEntity', 'NoSuchEntityException')) throw error
      return {
        ...warning(
          `the account has no ${ROLE} yet, and the first cluster may fail for it`,
          `aws iam create-service-linked-role --aws-service-name ${ECS}`,
        ),
        mend: {
          question: 'Make it now? It costs nothing and is what ECS works under.',
          run: async () => void (await aws.iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: ECS }))),
        },
      }
    }
  },
}

const IPV6 = 'dualStackIPv6'

/** An account has it on unless somebody turned it off. The SDK does not list the name, the service does. */
export const ipv6Check: Check = {
  title: 'IPv6 for tasks',
  async look({ aws, options }) {
    if (options.network !== 'ipv6-only') return ok('not needed: tasks have public IPv4')
    const { settings = [] } = await aws.ecs.send(new ListAccountSettingsCommand({ effectiveSettings: true }))
    const setting = settings.find(({ name }) => String(name) === IPV6)
    if (setting?.value !== 'disabled') return ok('on')
    return problem('the account gives tasks no IPv6 addresses', `aws ecs put-account-setting-default --name ${IPV6} --value enabled`)
  },
}
