/** Secrets live in SSM as SecureStrings, under AWS's own key. Nothing here reads a value back. */
import { DeleteParameterCommand, paginateDescribeParameters, PutParameterCommand } from '@aws-sdk/client-ssm'
import type { Aws } from '../aws.ts'
import type { Deployment } from '../deployment.ts'
import { isNamed } from '../errors.ts'
import { KINDS, type Kind } from './kinds.ts'

export const SNAPSHOT_KEY = 'snapshot-key'
/** Those that are typed, and the one that is made. */
export const STORED = [...KINDS, SNAPSHOT_KEY] as const
export type Stored = (typeof STORED)[number]

export interface State {
  changedAt: Date | undefined
  version: number
}

export async function secretStates(aws: Aws, deployment: Deployment): Promise<Map<Stored, State>> {
  const byName = new Map<string, Stored>(STORED.map((kind) => [deployment.secretParameter(kind), kind]))
  const ParameterFilters = [{ Key: 'Name', Option: 'Equals', Values: [...byName.keys()] }]
  const states = new Map<Stored, State>()
  // A page may be empty and not the last.
  for await (const { Parameters = [] } of paginateDescribeParameters({ client: aws.ssm }, { ParameterFilters })) {
    for (const { Name = '', LastModifiedDate: changedAt, Version: version = 0 } of Parameters) {
      const kind = byName.get(Name)
      if (kind) states.set(kind, { changedAt, version })
    }
  }
  return states
}

export async function putSecret(aws: Aws, deployment: Deployment, kind: Kind, value: string): Promise<void> {
  const Name = deployment.secretParameter(kind)
  await aws.ssm.send(new PutParameterCommand({ Name, Value: value, Type: 'SecureString', Tier: 'Standard', Overwrite: true }))
}

/** False if there was none. */
export async function removeSecret(aws: Aws, deployment: Deployment, kind: Stored): Promise<boolean> {
  try {
    await aws.ssm.send(new DeleteParameterCommand({ Name: deployment.secretParameter(kind) }))
    return true
  } catch (error) {
    if (isNamed(error, 'ParameterNotFound')) return false
    throw error
  }
}
