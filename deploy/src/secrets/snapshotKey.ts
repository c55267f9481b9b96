/**
 * What wraps the keys of agents' snapshots, where no KMS key does: a ring of keys in a SecureString, as
 * crates/snapshots/src/keys/key_ring.rs reads it. Who loses it loses the snapshots, so it is made once, a newer key is put
 * beside the older ones, and nothing but `make destroy DATA=delete` removes it.
 */
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { randomBytes } from 'node:crypto'
import type { Aws } from '../aws.ts'
import type { Deployment } from '../deployment.ts'
import { isNamed, Refusal } from '../errors.ts'
import type { World } from '../world.ts'
import { removeSecret, secretStates, SNAPSHOT_KEY } from './store.ts'

/** Where each user's own key lies, wrapped by this one. */
const WRAPPED = 'snapshot-keys/'

interface Key {
  id: string
  key: string
}

interface Ring {
  version: 1
  keys: Key[]
}

const newKey = (): Key => ({ id: randomBytes(8).toString('hex'), key: randomBytes(32).toString('base64url') })

/** Before the stacks change, so that a choice that cannot work changes nothing. */
export async function ensureSnapshotKey({ aws, deployment, options }: World): Promise<string> {
  const name = deployment.secretParameter(SNAPSHOT_KEY)
  const isThere = (await secretStates(aws, deployment)).has(SNAPSHOT_KEY)
  const byParameter = options.snapshotKey === 'parameter'
  if (isThere === byParameter) return byParameter ? `${name} is there` : 'a KMS key wraps the keys of the snapshots (option snapshotKey)'
  await refuseIfWrapped(aws, deployment, name, byParameter)
  if (!byParameter) {
    // It wrapped nothing. Left behind it would pass for the right one, should somebody choose it again.
    await removeSecret(aws, deployment, SNAPSHOT_KEY)
    return `a KMS key wraps the keys of the snapshots; ${name}, which wrapped none, is deleted`
  }
  await put(aws, name, { version: 1, keys: [newKey()] }, false)
  return `${name} is made`
}

/** The newest wraps from now on; the older ones still open what they wrapped. */
export async function addSnapshotKey(aws: Aws, name: string): Promise<string> {
  const ring = await readRing(aws, name)
  if (!ring) throw new Refusal(`There is no ${name}: \`make deploy\` makes it, unless a KMS key is used instead.`)
  const added = newKey()
  await put(aws, name, { ...ring, keys: [added, ...ring.keys] }, true)
  return added.id
}

async function readRing(aws: Aws, name: string): Promise<Ring | undefined> {
  try {
    const found = await aws.ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))
    return parse(name, found.Parameter?.Value ?? '')
  } catch (error) {
    if (isNamed(error, 'ParameterNotFound')) return undefined
    throw error
  }
}

/** Without the parser's words: they would quote the keys. */
function parse(name: string, text: string): Ring {
  try {
    const ring = JSON.parse(text) as Ring
    if (ring.version === 1 && ring.keys.length > 0) return ring
  } catch {
    // Told below.
  }
  throw new Refusal(`${name} is damaged. Bring back a version before: aws ssm get-parameter-history --name ${name} --with-decryption`)
}

/** Another key could read none of them, and the next snapshot would not be what it follows upon. */
async function refuseIfWrapped(aws: Aws, deployment: Deployment, name: string, byParameter: boolean): Promise<void> {
  const { Account = '' } = await aws.sts.send(new GetCallerIdentityCommand({}))
  const which = { Bucket: deployment.dataBucket(Account), Prefix: WRAPPED, MaxKeys: 1 }
  const { KeyCount = 0 } = await aws.s3.send(new ListObjectsV2Command(which))
  if (KeyCount === 0) return
  throw new Refusal(
    byParameter
      ? `${name} is missing, but there are snapshots whose keys another one wrapped; a new one could read none of them. ` +
        'If a KMS key was chosen before, set "snapshotKey": "kms". If the parameter was deleted, put its text back.'
      : `There are snapshots whose keys ${name} wrapped, and a KMS key could read none of them: set "snapshotKey": "parameter".`,
  )
}

async function put(aws: Aws, name: string, ring: Ring, overwrite: boolean): Promise<void> {
  const Value = JSON.stringify(ring)
  await aws.ssm.send(new PutParameterCommand({ Name: name, Value, Type: 'SecureString', Tier: 'Standard', Overwrite: overwrite }))
}
