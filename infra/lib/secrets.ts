/** Parameters that a role may read, each by its name. */
import { Aws } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { allow } from './grants.ts'
import { arn, type Names } from './names.ts'

/** What wraps the keys of snapshots, where no KMS key does; `make deploy` makes it. */
export const SNAPSHOT_KEY = 'snapshot-key'
export const TELEGRAM_TOKEN = 'telegram-token'
export const TELEGRAM_SECRET = 'telegram-secret'

export function grantParameters(role: IRole, names: Names, ...parameters: string[]): void {
  allow(role, ['ssm:GetParameter'], parameters.map(names.parameterArn))
}

/** With the key that Systems Manager keeps for the account: SecureStrings are under it. */
export function grantSecrets(role: IRole, names: Names, ...parameters: string[]): void {
  grantParameters(role, names, ...parameters)
  allow(role, ['kms:Decrypt'], [arn('kms', 'key/*')], {
    'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/aws/ssm' },
    StringEquals: { 'kms:ViaService': `ssm.${Aws.REGION}.amazonaws.com`, 'kms:EncryptionContext:PARAMETER_ARN': parameters.map(names.parameterArn) },
  })
}
