/** The page into its bucket, with the configuration that it reads before anything else. */
import { CreateInvalidationCommand } from '@aws-sdk/client-cloudfront'
import { DeleteObjectsCommand, paginateListObjectsV2, PutObjectCommand } from '@aws-sdk/client-s3'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Aws } from '../aws.ts'
import { field, type Description } from '../description.ts'
import type { World } from '../world.ts'
import { headersOf, isHashed, toInvalidate, type Upload, uploads } from './files.ts'
import { readRetired, RETIRED_KEY, sortOut } from './retired.ts'

const CONFIG_KEY = 'config.json'
const AT_ONCE = 8
/** S3's most. */
const DELETED_AT_ONCE = 1_000

/** Written by the CDK app, which knows the addresses. */
async function pageConfig({ aws, deployment }: World): Promise<string> {
  const found = await aws.ssm.send(new GetParameterCommand({ Name: deployment.pageParameter }))
  const text = found.Parameter?.Value ?? ''
  JSON.parse(text)
  return text
}

export async function uploadPage(world: World, description: Description): Promise<string> {
  const bucket = field(description, 'WEB_BUCKET')
  const config = await pageConfig(world)
  const files = uploads(join(world.root, 'web/dist'))
  const there = await keysIn(world.aws, bucket)
  const news = files.filter(({ key }) => !isHashed(key) || !there.includes(key))
  await putAll(world.aws, bucket, news.filter(({ key }) => isHashed(key)))
  await putText(world.aws, bucket, CONFIG_KEY, config)
  // One after the other, in this order: the page that names everything comes last.
  for (const file of news.filter(({ key }) => !isHashed(key))) await put(world.aws, bucket, file)
  const removed = await retire(world, bucket, [...there, ...files.map(({ key }) => key)], files)
  await invalidate(world, field(description, 'DISTRIBUTION_ID'), files)
  const told = removed ? `, ${removed} old ones removed` : ''
  return `${news.length} of ${files.length} files were new${told}; CloudFront forgets the old page within a minute`
}

async function keysIn(aws: Aws, bucket: string): Promise<string[]> {
  const keys: string[] = []
  for await (const page of paginateListObjectsV2({ client: aws.s3 }, { Bucket: bucket })) {
    for (const { Key } of page.Contents ?? []) if (Key) keys.push(Key)
  }
  return keys
}

async function putAll(aws: Aws, bucket: string, files: Upload[]): Promise<void> {
  for (let from = 0; from < files.length; from += AT_ONCE) {
    await Promise.all(files.slice(from, from + AT_ONCE).map((file) => put(aws, bucket, file)))
  }
}

async function put(aws: Aws, bucket: string, { key, file, contentType, cacheControl }: Upload): Promise<void> {
  const Body = readFileSync(file)
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: contentType, CacheControl: cacheControl }))
}

async function putText(aws: Aws, bucket: string, key: string, Body: string): Promise<void> {
  const { contentType, cacheControl } = headersOf(key)
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: contentType, CacheControl: cacheControl }))
}

async function retire(world: World, bucket: string, there: string[], files: Upload[]): Promise<number> {
  const before = await readRetired(world.aws, bucket)
  const { remove, retired } = sortOut([...new Set(there)], files.map(({ key }) => key), before, world.now())
  await putText(world.aws, bucket, RETIRED_KEY, JSON.stringify(retired))
  for (let from = 0; from < remove.length; from += DELETED_AT_ONCE) {
    const Objects = remove.slice(from, from + DELETED_AT_ONCE).map((Key) => ({ Key }))
    await world.aws.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }))
  }
  return remove.length
}

/** The first 1,000 paths of a month are free. */
async function invalidate({ aws, now }: World, distribution: string, files: Upload[]): Promise<void> {
  const Items = [...toInvalidate(files.map(({ key }) => key)), `/${CONFIG_KEY}`]
  const Paths = { Quantity: Items.length, Items }
  const CallerReference = now().toISOString()
  await aws.cloudfront.send(new CreateInvalidationCommand({ DistributionId: distribution, InvalidationBatch: { CallerReference, Paths } }))
}
