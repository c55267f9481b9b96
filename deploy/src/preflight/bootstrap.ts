/** CDK's own stack in the account: where it puts templates, and the roles it deploys with. */
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { isNamed } from '../errors.ts'
import type { World } from '../world.ts'
import { type Check, type Finding, ok, problem } from './check.ts'

/** `hnb659fds` is CDK's default qualifier. */
const VERSION_PARAMETER = '/cdk-bootstrap/hnb659fds/version'
/** What templates of aws-cdk-lib 2 ask for in their rule CheckBootstrapVersion. */
const LEAST = 6

export const bootstrapCheck: Check = {
  title: 'CDK bootstrap',
  async look(world) {
    try {
      const found = await world.aws.ssm.send(new GetParameterCommand({ Name: VERSION_PARAMETER }))
      const version = Number(found.Parameter?.Value)
      if (version >= LEAST) return ok(`version ${version}`)
      return await missing(world, `version ${found.Parameter?.Value} is too old, ${LEAST} is needed`)
    } catch (error) {
      if (isNamed(error, 'ParameterNotFound')) return missing(world, 'the account has none in this region')
      throw error
    }
  },
}

async function missing(world: World, says: string): Promise<Finding> {
  const { Account: account } = await world.aws.sts.send(new GetCallerIdentityCommand({}))
  // Not in infra/: there it would synthesise our app first, which wants to see the Lambdas.
  const command = ['infra/node_modules/.bin/cdk', 'bootstrap', `aws://${account}/${world.deployment.region}`]
  return {
    ...problem(says, `Once for each account and region: ${command.join(' ')}`),
    mend: {
      question: `Run it now? It makes a bucket, an image repository and roles named cdk-hnb659fds-…, a minute or two.`,
      run: () => world.shell.run(command, { cwd: world.root }),
    },
  }
}
