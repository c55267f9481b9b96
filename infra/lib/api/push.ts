/** To say something to a connection, or to close it. */
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { allow } from '../grants.ts'
import { arn } from '../names.ts'
import { type Addresses, WEB_SOCKET_STAGE } from '../web/addresses.ts'

export function grantPush(role: IRole, { webSocketApiId }: Addresses): void {
  const connections = (verb: string) => arn('execute-api', `${webSocketApiId}/${WEB_SOCKET_STAGE}/${verb}/@connections/*`)
  allow(role, ['execute-api:ManageConnections'], [connections('POST'), connections('DELETE')])
}
