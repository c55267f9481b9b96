/** Takes out of synthesised templates what ministack 1.5.33 refuses, and what names it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const REFUSED = [
  'AWS::Cognito::ManagedLoginBranding',
  'AWS::EC2::EgressOnlyInternetGateway',
  'AWS::EC2::VPCCidrBlock',
  'AWS::ECS::ClusterCapacityProviderAssociations',
]

interface Resource {
  Type: string
  DependsOn?: string | string[]
  Properties?: Record<string, unknown>
}

export function withoutRefused(assembly: string): void {
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(assembly, name), 'utf8')) as { Resources: Record<string, Resource> }
    const gone = new Set(Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) => (isRefused(Type, Properties) ? [id] : [])))
    for (const [id, resource] of Object.entries(template.Resources)) {
      // It gives a VPC no IPv6.
      if (resource.Type === 'AWS::EC2::Subnet') delete resource.Properties?.['Ipv6CidrBlock']
      if ([...gone].some((other) => names(resource.Properties, other))) gone.add(id)
    }
    template.Resources = Object.fromEntries(
      Object.entries(template.Resources)
        .filter(([id]) => !gone.has(id))
        .map(([id, resource]) => [id, { ...resource, DependsOn: [resource.DependsOn ?? []].flat().filter((other) => !gone.has(other)) }]),
    )
    writeFileSync(join(assembly, name), JSON.stringify(template))
  }
}

/** Of alarms it knows those on one metric. */
const isRefused = (type: string, properties: Resource['Properties']): boolean =>
  REFUSED.includes(type) || (type === 'AWS::CloudWatch::Alarm' && properties?.['Metrics'] !== undefined)

const names = (value: unknown, id: string): boolean => JSON.stringify(value ?? null).includes(`{"Ref":"${id}"}`)
