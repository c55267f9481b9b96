/** What API Gateway notes of a request: no address, no query and no header, so no token and nobody's text. */
import { RemovalPolicy } from 'aws-cdk-lib'
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'

const COMMON = { requestId: '$context.requestId', at: '$context.requestTimeEpoch', route: '$context.routeKey', status: '$context.status', error: '$context.error.message', integrationError: '$context.integrationErrorMessage' }

export const HTTP_FORMAT = JSON.stringify({ ...COMMON, bytes: '$context.responseLength', millis: '$context.responseLatency', integrationMillis: '$context.integrationLatency' })
export const WEB_SOCKET_FORMAT = JSON.stringify({ ...COMMON, event: '$context.eventType', connection: '$context.connectionId', integrationMillis: '$context.integrationLatency' })

export function accessLog(scope: Construct, id: string, options: Options, names: Names, format: string) {
  const logs = new LogGroup(scope, id, {
    logGroupName: names.logGroup(id.toLowerCase()), retention: options.logDays, removalPolicy: RemovalPolicy.DESTROY,
  })
  return { destinationArn: logs.logGroupArn, format }
}

/**
 * A WebSocket API writes its log by one role for account and region. It stays when the deployment goes, because others
 * in the account may use it by then.
 */
export function accountRole(scope: Construct): CfnAccount {
  const role = new Role(scope, 'GatewayLogs', {
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs')],
  })
  role.applyRemovalPolicy(RemovalPolicy.RETAIN)
  accept(role, 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]', 'It is API Gateway\'s own policy for this one purpose, and the role is for the account and not for us.')
  const account = new CfnAccount(scope, 'GatewayAccount', { cloudWatchRoleArn: role.roleArn })
  account.applyRemovalPolicy(RemovalPolicy.RETAIN)
  return account
}
