/** Names that one stack gives and another one needs before the first exists, so that nothing has to wait in a circle. */
import { Aws } from 'aws-cdk-lib'
import type { Options } from './options/index.ts'

export interface Names {
  /** Of the bucket with texts, uploads and snapshots. */
  readonly dataBucket: string
  /** Where people sign in, without the region. */
  readonly signInPrefix: string
  readonly cluster: string
  /** Of the task definition. */
  readonly family: string
  readonly scheduleGroup: string
  function(crate: string): string
  functionArn(crate: string): string
  parameter(name: string): string
  /** Of a parameter that we read. */
  parameterArn(name: string): string
  logGroup(of: string): string
}

export function namesOf({ name }: Options): Names {
  const parameter = (of: string) => `/${name}/${of}`
  return {
    dataBucket: `${name}-data-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
    signInPrefix: `${name}-${Aws.ACCOUNT_ID}`,
    cluster: name,
    family: name,
    scheduleGroup: name,
    function: (crate) => `${name}-${crate}`,
    functionArn: (crate) => arn('lambda', `function:${name}-${crate}`),
    parameter,
    parameterArn: (of) => arn('ssm', `parameter${parameter(of)}`),
    logGroup: (of) => `/${name}/${of}`,
  }
}

/** In the deployment's own account and region. */
export function arn(service: string, resource: string): string {
  return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`
}
