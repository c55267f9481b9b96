/** What wraps the keys of users' snapshots. Who loses it loses the snapshots. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { accept } from '../nag.ts'
import type { Options } from '../options/index.ts'

export class SnapshotKey {
  readonly id: string
  readonly #arn: string

  constructor(scope: Construct, options: Options) {
    const key = new Key(scope, 'SnapshotKey', {
      description: `${options.name}: wraps the keys of users' snapshots`,
      alias: `alias/${options.name}-snapshots`,
      enableKeyRotation: false,
      pendingWindow: Duration.days(30),
      removalPolicy: options.destroyData ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
    this.id = key.keyId
    this.#arn = key.keyArn
    accept(key, 'KMS5', 'Each rotation adds a dollar a month, and what it wraps is a few hundred bytes of each user; `ops keys rewrap` changes the key.')
  }

  /** In the name of a user, whom the encryption context names. */
  grantOpen(role: IRole): void {
    allow(role, ['kms:Decrypt'], [this.#arn], FOR_SNAPSHOTS)
  }

  grantSeal(role: IRole): void {
    allow(role, ['kms:Encrypt'], [this.#arn], FOR_SNAPSHOTS)
  }
}

const FOR_SNAPSHOTS = { StringEquals: { 'kms:EncryptionContext:purpose': 'snapshots' } }
