/**
 * What ministack does not know, taken out of the templates; and three addresses that are Amazon's in them, and here are
 * ministack's own. The app itself knows nothing of this.
 */
import type { Json } from './ministack.ts'

const REFUSED = new Set(['AWS::EC2::VPCCidrBlock', 'AWS::EC2::EgressOnlyInternetGateway', 'AWS::Cognito::ManagedLoginBranding'])

export function fit(template: Json, url: string, codeBucket: string): Json {
  const refused = Object.keys(template.Resources).filter((id) => isRefused(template.Resources[id]))
  for (const id of refused) delete template.Resources[id]
  for (const resource of Object.values<Json>(template.Resources)) {
    if (resource.DependsOn) resource.DependsOn = [resource.DependsOn].flat().filter((id: string) => !refused.includes(id))
    if (resource.Type === 'AWS::EC2::Subnet') withoutIpv6(resource.Properties)
    if (resource.Type === 'AWS::S3::BucketPolicy') withoutTls(resource.Properties.PolicyDocument)
    if (resource.Type === 'AWS::IAM::Policy') resource.Properties.PolicyDocument.Statement.forEach(elsewhereAsked)
    if (resource.Type === 'AWS::Lambda::Function') {
      resource.Properties.Code = { S3Bucket: codeBucket, S3Key: `${resource.Properties.FunctionName.replace(/^[a-z]+-/, '')}.zip` }
    }
  }
  // They ask whether the account was made ready for the CDK.
  delete template.Parameters
  delete template.Rules
  return addressed(template, url)
}

/** Its alarms know one metric each. */
function isRefused({ Type, Properties }: Json): boolean {
  return REFUSED.has(Type) || (Type === 'AWS::CloudWatch::Alarm' && Properties.Metrics !== undefined)
}

/** On loopback nobody speaks TLS. */
function withoutTls(policy: Json): void {
  policy.Statement = policy.Statement.filter((statement: Json) => statement.Effect !== 'Deny')
}

/**
 * It asks for a right on the cluster where ECS asks for one on a task definition, knows no condition on clusters, and takes
 * every schedule for one of the group `default`. That the right is there at all is looked at still.
 */
function elsewhereAsked(statement: Json): void {
  if (![statement.Action].flat().some((action: string) => /^(ecs|scheduler):/.test(action))) return
  statement.Resource = '*'
  delete statement.Condition
}

/** Without the block of addresses there are none to give out. */
function withoutIpv6(properties: Json): void {
  delete properties.Ipv6CidrBlock
  delete properties.AssignIpv6AddressOnCreation
}

function addressed(value: Json, url: string): Json {
  if (Array.isArray(value)) return value.map((one) => addressed(one, url))
  if (typeof value !== 'object' || value === null) return value
  const join: Json[] | undefined = value['Fn::Join']?.[1]
  if (join) return { 'Fn::Join': ['', elsewhere(join, url).map((one) => addressed(one, url))] }
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, addressed(of, url)]))
}

/** An address may stand anywhere in a longer text; what is before and after it stays. */
function elsewhere(join: Json[], url: string): Json[] {
  const parts = [...join]
  for (let at = 0; at < parts.length; at += 1) {
    const [first, of, third, , last] = parts.slice(at) as [Json, Json, Json, Json, Json]
    if (typeof first !== 'string') continue
    // https://cognito-idp.REGION.amazonaws.com/POOL
    if (first.endsWith('https://cognito-idp.') && third === '.amazonaws.com/') {
      parts.splice(at, 3, first.replace(/https:\/\/cognito-idp\.$/, `${url}/`))
    }
    // https://API.execute-api.REGION.amazonaws.com/ws, where @connections are
    if (first.endsWith('https://') && third === '.execute-api.' && last?.startsWith?.('.amazonaws.com/ws')) {
      parts.splice(at, 5, first.replace(/https:\/\/$/, `${url}/_aws/execute-api/`), of, last.replace('.amazonaws.com', ''))
    }
  }
  return parts
}
