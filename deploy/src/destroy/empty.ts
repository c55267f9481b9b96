/** A bucket goes only when nothing is in it, and every version counts. */
import { DeleteObjectsCommand, ListObjectVersionsCommand, type ObjectIdentifier } from '@aws-sdk/client-s3'
import type { Aws } from '../aws.ts'
import { isNamed, Refusal } from '../errors.ts'

/** Always from the beginning, until nothing is there: what a deletion leaves is asked for again. */
export async function emptyBucket(aws: Aws, bucket: string): Promise<number> {
  let removed = 0
  for (;;) {
    const Objects = await someVersions(aws, bucket)
    if (Objects.length === 0) return removed
    const { Errors = [] } = await aws.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
    if (Errors[0]) throw new Refusal(`${bucket}: ${Errors[0].Key} cannot be deleted (${Errors[0].Code}).`)
    removed += Objects.length
  }
}

/** 1,000 at most, which is as many as one deletion takes. */
async function someVersions(aws: Aws, bucket: string): Promise<ObjectIdentifier[]> {
  try {
    const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket: bucket }))
    return [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }))
  } catch (error) {
    if (isNamed(error, 'NoSuchBucket')) return []
    throw error
  }
}
