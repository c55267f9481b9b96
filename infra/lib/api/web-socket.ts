/**
 * The WebSocket API's routes. `ping` goes to `$default` like everything else: a mock would answer nothing, and the page takes a
 * ping without a `pong` for a line that is dead. No route has a response; what a function has to say it pushes.
 */
import { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2'
import type { Construct } from 'constructs'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { type Addresses, WEB_SOCKET_STAGE } from '../web/addresses.ts'
import { accessLog, accountRole, WEB_SOCKET_FORMAT } from './access-log.ts'
import type { Functions } from './functions.ts'
import { Routes } from './routes.ts'

/** Requests a second, and at once, of all users: well below the account's 10,000 and 5,000. */
export const WEB_SOCKET_THROTTLE = { throttlingRateLimit: 200, throttlingBurstLimit: 400 }
/** API Gateway's most is 29 s; nobody waits so long for an answer that is pushed. */
const TIMEOUT_MILLIS = 29_000

export function webSocketApi(scope: Construct, options: Options, names: Names, addresses: Addresses, functions: Functions): void {
  const routes = new Routes(scope, { apiId: addresses.webSocketApiId, timeoutMillis: TIMEOUT_MILLIS })
  // The token is in a subprotocol, and a bridge has a launch token: `ws-connect` looks at both.
  const open = { authorizationType: 'NONE' }
  routes.add('Connect', functions['ws-connect'], { routeKey: '$connect', ...open })
  routes.add('Disconnect', functions['ws-disconnect'], { routeKey: '$disconnect', ...open })
  routes.add('Messages', functions['ws-message'], { routeKey: '$default', ...open })
  for (const route of routes.all) accept(route, 'APIG4', 'A WebSocket API knows no JWT authorizer, and asks at $connect only; ws-connect verifies token, client, expiry and origin itself.')
  const stage = new CfnStage(scope, 'WebSocketStage', {
    apiId: addresses.webSocketApiId, stageName: WEB_SOCKET_STAGE, autoDeploy: true,
    defaultRouteSettings: { ...WEB_SOCKET_THROTTLE, detailedMetricsEnabled: false, dataTraceEnabled: false },
    ...(options.watch.webSocketLogs !== 'off' && { accessLogSettings: accessLog(scope, 'Access-WebSocket', options, names, WEB_SOCKET_FORMAT) }),
  })
  for (const route of routes.all) stage.addResourceDependency(route)
  if (options.watch.webSocketLogs === 'own-role') stage.addResourceDependency(accountRole(scope))
  if (options.watch.webSocketLogs === 'off') accept(stage, 'APIG1', 'The operator has switched the log off (option webSocketLogs).')
}
