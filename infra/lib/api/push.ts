/** To say something to a connection, and to close it. */
import type { IRole } from 'aws-cdk-lib/aws-iam'
import { allow } from '../grants.ts'
import { arn } from '../names.ts'
import { type Addresses, WEB_SOCKET_STAGE } from '../web/addresses.ts'

export function grantPush(role: IRole, addresses: Addresses): void {
  manage(role, addresses, 'POST')
}

export function grantClose(role: IRole, addresses: Addresses): void {
  manage(role, addresses, 'DELETE')
}

function manage(role: IRole, { webSocketApiId }: Addresses, verb: 'POST' | 'DELETE'): void {
  allow(role, ['execute-api:ManageConnections'], [arn('execute-api', `${webSocketApiId}/${WEB_SOCKET_STAGE}/${verb}/@connections/*`)])
}
