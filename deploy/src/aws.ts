/** The AWS clients we use. Credentials are found as the AWS CLI finds them: variables, profiles, single sign-on, roles. */
import { BedrockClient } from '@aws-sdk/client-bedrock'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { ECRClient } from '@aws-sdk/client-ecr'
import { ECSClient } from '@aws-sdk/client-ecs'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'

export interface Aws {
  bedrock: BedrockClient
  cloudformation: CloudFormationClient
  cloudfront: CloudFrontClient
  cognito: CognitoIdentityProviderClient
  ecr: ECRClient
  ecs: ECSClient
  iam: IAMClient
  quotas: ServiceQuotasClient
  s3: S3Client
  ssm: SSMClient
  sts: STSClient
}

/** A stand-in (AWS_ENDPOINT_URL) has no name for every bucket. */
export function awsClients(region: string, endpoint = process.env['AWS_ENDPOINT_URL']): Aws {
  const at = { region }
  return {
    bedrock: new BedrockClient(at),
    cloudformation: new CloudFormationClient(at),
    cloudfront: new CloudFrontClient(at),
    cognito: new CognitoIdentityProviderClient(at),
    ecr: new ECRClient(at),
    ecs: new ECSClient(at),
    iam: new IAMClient(at),
    quotas: new ServiceQuotasClient(at),
    s3: new S3Client({ ...at, forcePathStyle: endpoint !== undefined }),
    ssm: new SSMClient(at),
    sts: new STSClient(at),
  }
}

/** As variables, for programs that read nothing else. */
export async function credentialVariables(aws: Aws): Promise<Record<string, string>> {
  const found = await aws.sts.config.credentials()
  return {
    AWS_ACCESS_KEY_ID: found.accessKeyId,
    AWS_SECRET_ACCESS_KEY: found.secretAccessKey,
    ...(found.sessionToken && { AWS_SESSION_TOKEN: found.sessionToken }),
  }
}
