/**
 * Hashed files that the page no longer names. A tab that was opened before still asks for them, so they stay for a
 * while. When each went out of use is kept beside them, because S3 only knows when it was written.
 */
import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { Aws } from '../aws.ts'
import { isNamed } from '../errors.ts'
import { isHashed } from './files.ts'

/** A month: longer than anybody leaves a tab open without a reload. */
const KEEP_DAYS = 30
const DAY = 24 * 60 * 60 * 1_000

export const RETIRED_KEY = 'assets-retired.json'
/** The key of a file, and since when nothing names it. */
export type Retired = Record<string, string>

export interface Sorted {
  retired: Retired
  remove: string[]
}

export function sortOut(there: string[], used: string[], before: Retired, now: Date): Sorted {
  const inUse = new Set(used)
  const unused = there.filter((key) => isHashed(key) && !inUse.has(key))
  const since = Object.fromEntries(unused.map((key) => [key, before[key] ?? now.toISOString()]))
  const isOld = (key: string) => now.getTime() - Date.parse(since[key] ?? '') > KEEP_DAYS * DAY
  const remove = unused.filter(isOld)
  return { remove, retired: Object.fromEntries(Object.entries(since).filter(([key]) => !isOld(key))) }
}

export async function readRetired(aws: Aws, bucket: string): Promise<Retired> {
  try {
    const found = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: RETIRED_KEY }))
    return JSON.parse((await found.Body?.transformToString()) ?? '{}') as Retired
  } catch (error) {
    if (isNamed(error, 'NoSuchKey')) return {}
    throw error
  }
}
