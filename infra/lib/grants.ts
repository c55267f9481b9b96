/** One statement of a role's policy. */
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'

export type Conditions = Record<string, Record<string, string | string[]>>

export function allow(role: IRole, actions: string[], resources: string[], conditions?: Conditions): void {
  const added = role.addToPrincipalPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }))
  // A role from elsewhere would take nothing, and say nothing.
  if (!added.statementAdded) throw new Error(`${role.node.path} takes no policy`)
}
