/** Long texts, uploads, skills, downloads and snapshots: one bucket, one folder of each kind, in it one of each user. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'

export type Folder = 'downloads' | 'exports' | 'incoming' | 'skills' | 'snapshot-keys' | 'snapshots' | 'texts' | 'uploads'

/** Everything that a user has here. docs/privacy.md has the same list. */
export const FOLDERS: readonly Folder[] = ['downloads', 'exports', 'incoming', 'skills', 'snapshot-keys', 'snapshots', 'texts', 'uploads']

/** As long as a message may wait (docs/operating.md). */
const WAITING_DAYS = 7
/** What was deleted by mistake can be brought back for so long. */
const VERSIONS_DAYS = 30
/** After a conversation's rows, which go by their own clock up to two days late. */
const TEXTS_AFTER_DAYS = 7

export class DataBucket extends Construct {
  readonly name: string
  readonly #bucket: Bucket

  constructor(scope: Construct, options: Options, names: Names, pageOrigin: string) {
    super(scope, 'Data')
    this.#bucket = new Bucket(this, 'Bucket', {
      bucketName: names.dataBucket,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      lifecycleRules: rules(options),
      cors: [{ allowedOrigins: [pageOrigin], allowedMethods: [HttpMethods.GET, HttpMethods.POST], allowedHeaders: ['*'], maxAge: 3_600 }],
      removalPolicy: options.destroyData ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
    this.name = this.#bucket.bucketName
    accept(this.#bucket, 'S1', 'Every read and write is by a role of ours, and KMS logs for whom each snapshot key is opened; an access log would cost more than the data.')
  }

  grantRead(role: IRole, ...folders: Folder[]): void {
    this.#grant(role, ['s3:GetObject'], folders)
  }

  grantWrite(role: IRole, ...folders: Folder[]): void {
    this.#grant(role, ['s3:PutObject'], folders)
  }

  /** To take back an upload in parts. */
  grantAbort(role: IRole, ...folders: Folder[]): void {
    this.#grant(role, ['s3:AbortMultipartUpload'], folders)
  }

  grantRemove(role: IRole, ...folders: Folder[]): void {
    this.#grant(role, ['s3:DeleteObject'], folders)
  }

  /** All versions of what is there: nothing is left to bring back. */
  grantErase(role: IRole, ...folders: Folder[]): void {
    this.#grant(role, ['s3:DeleteObject', 's3:DeleteObjectVersion'], folders)
    allow(role, ['s3:ListBucketVersions'], [this.#bucket.bucketArn], { StringLike: { 's3:prefix': folders.map((folder) => `${folder}/*`) } })
  }

  /** Without it S3 answers "forbidden" for what is not there, which would pass for a store that does not answer. */
  grantList(role: IRole): void {
    allow(role, ['s3:ListBucket'], [this.#bucket.bucketArn])
  }

  #grant(role: IRole, actions: string[], folders: readonly Folder[]): void {
    allow(role, actions, folders.map((folder) => this.#bucket.arnForObjects(`${folder}/*`)))
  }
}

function gone(folder: Folder, days: number): LifecycleRule {
  return { id: folder, prefix: `${folder}/`, expiration: Duration.days(days) }
}

function rules({ conversationDays }: Options): LifecycleRule[] {
  return [
    gone('uploads', WAITING_DAYS),
    gone('incoming', WAITING_DAYS),
    gone('downloads', 1),
    gone('exports', 1),
    gone('texts', conversationDays + TEXTS_AFTER_DAYS),
    { id: 'versions', noncurrentVersionExpiration: Duration.days(VERSIONS_DAYS), abortIncompleteMultipartUploadAfter: Duration.days(1) },
    { id: 'marks', expiredObjectDeleteMarker: true },
  ]
}
