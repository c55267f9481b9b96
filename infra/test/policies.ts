/** What each role may do: a line for each resource, with the actions, and what they depend on. */
import type { Json, Resource, Templates } from './templates.ts'
import { plain } from './templates.ts'

export type Policies = Record<string, string[]>

export function policies(templates: Templates): Policies {
  const roles = new Map(templates.all('AWS::IAM::Role').map(({ id }) => [plain(id), new Map<string, Set<string>>()]))
  for (const policy of templates.all('AWS::IAM::Policy')) {
    for (const role of policy.properties.Roles) {
      for (const statement of statements(policy)) note(roles.get(plain(role.Ref))!, templates, statement)
    }
  }
  const said = [...roles].map(([role, lines]) => [role.replace(/Role$/, ''), [...lines].map(([on, actions]) => `${on}: ${[...actions].toSorted().join(' ')}`).toSorted()])
  return Object.fromEntries(said) as Policies
}

export function statements(policy: Resource): Json[] {
  return policy.properties.PolicyDocument.Statement
}

export function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value]
}

function note(lines: Map<string, Set<string>>, templates: Templates, { Effect, Action, Resource, Condition }: Json): void {
  const depends = Condition === undefined ? '' : ` (${conditions(templates, Condition)})`
  const denied = Effect === 'Allow' ? '' : `${Effect} `
  for (const resource of list(Resource)) {
    const on = `${denied}${short(templates.said(resource))}${depends}`
    const actions = lines.get(on) ?? new Set()
    for (const action of list(Action)) actions.add(action)
    lines.set(on, actions)
  }
}

function conditions(templates: Templates, condition: Json): string {
  const tests = Object.entries(condition as Record<string, Record<string, Json>>)
  return tests
    .flatMap(([, of]) => Object.entries(of).map(([key, value]) => `${key} ${list(value).map((one) => short(templates.said(one))).join(' ')}`))
    .join(', ')
}

/** Everything is in the deployment's own account and region. */
function short(arn: string): string {
  return arn.replaceAll('arn:aws:', '').replaceAll('{region}:{account}:', '').replace(/\.Arn(?=$|\/)/, '').replace('DataBucket', 'Data')
}
