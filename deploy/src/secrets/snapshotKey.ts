/**
 * What wraps the keys of agents' snapshots, where no KMS key does: a ring of keys in a SecureString, as
 * crates/snapshots/src/keys/key_ring.rs reads it. Who loses it loses the snapshots, so it is made once, a newer key is put
 * beside the older ones, and nothing but `make destroy DATA=delete` removes it.
 */
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { GetParameterCommand, paginateDescribeParameters, PutParameterCommand } from '@aws-sdk/client-ssm'
import { randomBytes } from 'node:crypto'
import type { Aws } from '../aws.ts'
import { type Description, field } from '../description.ts'
import { isNamed, Refusal } from '../errors.ts'

export const SNAPSHOT_KEY = 'snapshot-key'
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

/** Answers whether one was made. A deployment without the variable has a KMS key. */
export async function ensureSnapshotKey(aws: Aws, description: Description): Promise<string> {
  const name = description['SNAPSHOT_KEY_PARAMETER']
  if (!name) return 'a KMS key wraps the keys of the snapshots'
  if (await isThere(aws, name)) return `${name} is there`
  await refuseIfOthersWrapped(aws, name, field(description, 'DATA_BUCKET'))
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

/** Whoever deploys need not be allowed to read it. */
async function isThere(aws: Aws, name: string): Promise<boolean> {
  const ParameterFilters = [{ Key: 'Name', Option: 'Equals', Values: [name] }]
  for await (const { Parameters = [] } of paginateDescribeParameters({ client: aws.ssm }, { ParameterFilters })) {
    if (Parameters.some(({ Name }) => Name === name)) return true
  }
  return false
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

/** A new key could read none of them, and the next snapshot would not be what it follows upon. */
async function refuseIfOthersWrapped(aws: Aws, name: string, bucket: string): Promise<void> {
  const { KeyCount = 0 } = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: WRAPPED, MaxKeys: 1 }))
  if (KeyCount === 0) return
  throw new Refusal(
    `${name} is missing, but there are snapshots whose keys another one wrapped; a new one could read none of them. ` +
      'If the options chose a KMS key before, choose it again. If the parameter was deleted, put its text back.',
  )
}

async function put(aws: Aws, name: string, ring: Ring, overwrite: boolean): Promise<void> {
  const Value = JSON.stringify(ring)
  await aws.ssm.send(new PutParameterCommand({ Name: name, Value, Type: 'SecureString', Tier: 'Standard', Overwrite: overwrite }))
}
