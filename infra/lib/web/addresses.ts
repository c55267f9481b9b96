/**
 * The addresses of both APIs, with nothing behind them yet. They are in this stack, and what answers in the stack `api`,
 * because the page's policy, the sign-in and the functions all name one another's addresses.
 */
import { Aws } from 'aws-cdk-lib'
import { CfnApi } from 'aws-cdk-lib/aws-apigatewayv2'
import type { Construct } from 'constructs'

export const WEB_SOCKET_STAGE = 'ws'

export class Addresses {
  readonly webSocketApiId: string
  readonly httpApiId: string
  readonly webSocketHost: string
  readonly httpHost: string
  readonly webSocketUrl: string
  /** Where @connections are. */
  readonly managementUrl: string

  constructor(scope: Construct, name: string) {
    const webSocket = new CfnApi(scope, 'WebSocketApi', {
      name: `${name}-ws`, protocolType: 'WEBSOCKET', routeSelectionExpression: '$request.body.action', ipAddressType: 'dualstack',
    })
    const http = new CfnApi(scope, 'HttpApi', { name: `${name}-api`, protocolType: 'HTTP', ipAddressType: 'dualstack' })
    this.webSocketApiId = webSocket.ref
    this.httpApiId = http.ref
    this.webSocketHost = hostOf(webSocket)
    this.httpHost = hostOf(http)
    this.webSocketUrl = `wss://${this.webSocketHost}/${WEB_SOCKET_STAGE}`
    this.managementUrl = `https://${this.webSocketHost}/${WEB_SOCKET_STAGE}`
  }
}

function hostOf(api: CfnApi): string {
  return `${api.ref}.execute-api.${Aws.REGION}.amazonaws.com`
}
