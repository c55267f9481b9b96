/**
 * What wraps the keys of users' snapshots. Who loses it loses the snapshots. By default it is a SecureString, which costs
 * nothing; a KMS key is a dollar a month, cannot be read by anybody, and shows in CloudTrail for whom it was used.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { SNAPSHOT_KEY } from '../secrets.ts'

export class SnapshotKey {
  /** What the bridge and `api` are told of it. */
  readonly environment: Readonly<Record<string, string>>
  /** Parameters that whoever opens or seals must be able to read. */
  readonly secrets: readonly string[]
  readonly #arn: string | undefined

  constructor(scope: Construct, options: Options, names: Names) {
    if (options.snapshotKey === 'parameter') {
      this.environment = { SNAPSHOT_KEY_PARAMETER: names.parameter(SNAPSHOT_KEY) }
      this.secrets = [SNAPSHOT_KEY]
      return
    }
    const key = this.#key(scope, options)
    this.environment = { SNAPSHOT_KEY_ID: key.keyId }
    this.secrets = []
    this.#arn = key.keyArn
  }

  /** In the name of a user, whom the encryption context names. */
  grantOpen(role: IRole): void {
    if (this.#arn) allow(role, ['kms:Decrypt'], [this.#arn], FOR_SNAPSHOTS)
  }

  grantSeal(role: IRole): void {
    if (this.#arn) allow(role, ['kms:Encrypt'], [this.#arn], FOR_SNAPSHOTS)
  }

  #key(scope: Construct, options: Options): Key {
    const key = new Key(scope, 'SnapshotKey', {
      description: `${options.name}: wraps the keys of users' snapshots`,
      alias: `alias/${options.name}-snapshots`,
      enableKeyRotation: false,
      pendingWindow: Duration.days(30),
      removalPolicy: options.destroyData ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
    accept(key, 'KMS5', 'Each rotation adds a dollar a month, and what it wraps is a few hundred bytes of each user; `ops keys rewrap` changes the key.')
    return key
  }
}

const FOR_SNAPSHOTS = { StringEquals: { 'kms:EncryptionContext:purpose': 'snapshots' } }
