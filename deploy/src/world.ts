/** All that a command may touch. `main.ts` makes the real one, a test its own. */
import type { Aws } from './aws.ts'
import type { Deployment } from './deployment.ts'
import type { Chosen, Context } from './options.ts'
import type { Shell } from './shell.ts'
import type { Terminal } from './terminal.ts'

export interface World {
  deployment: Deployment
  options: Chosen
  /** The same as the CDK takes them. */
  context: Context
  /** Debian packages for the agent's tools, in the image. */
  agentPackages: string
  aws: Aws
  shell: Shell
  terminal: Terminal
  /** The project's folder. */
  root: string
  /** Questions of the kind "go on?" are answered beforehand. */
  yes: boolean
  now(): Date
  /** Credentials as variables, for programs that read nothing else. */
  credentials(): Promise<Record<string, string>>
}

/** How to name this deployment to make again. A region from the options need not be said. */
export const which = ({ deployment, context }: World): string =>
  `NAME=${deployment.name}${context['region'] ? '' : ` REGION=${deployment.region}`}`
