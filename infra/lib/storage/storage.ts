/** What lasts: tables, the bucket, the key, users' schedules, and the images that tasks are started from. */
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { Repository, TagMutability } from 'aws-cdk-lib/aws-ecr'
import type { Construct } from 'constructs'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { DataBucket } from './data-bucket.ts'
import { SnapshotKey } from './snapshot-key.ts'
import { makeTables, type Tables } from './tables.ts'
import { UserSchedules } from './user-schedules.ts'

export class Storage extends Stack {
  readonly tables: Tables
  readonly data: DataBucket
  readonly snapshotKey: SnapshotKey
  readonly images: Repository
  readonly userSchedules: UserSchedules

  constructor(scope: Construct, id: string, options: Options, names: Names, pageOrigin: string, props: StackProps) {
    super(scope, id, props)
    this.tables = makeTables(this, options)
    this.data = new DataBucket(this, options, names, pageOrigin)
    this.snapshotKey = new SnapshotKey(this, options, names)
    this.userSchedules = new UserSchedules(this, names)
    this.images = new Repository(this, 'Images', {
      repositoryName: options.name,
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      lifecycleRules: [{ maxImageCount: options.imagesKept, description: 'the last ones, to go back to' }],
      // Images are built from the code.
      emptyOnDelete: true,
      removalPolicy: RemovalPolicy.DESTROY,
    })
  }
}
