/**
 * The HTTP API's routes. Everything needs an access token but the description of the API and Telegram's webhook, which
 * shows a secret instead. There is no CORS: the page reaches it under its own address, and no other page may.
 */
import { CfnAuthorizer, CfnStage } from 'aws-cdk-lib/aws-apigatewayv2'
import type { Construct } from 'constructs'
import type { Identity } from '../identity/identity.ts'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import type { Addresses } from '../web/addresses.ts'
import { accessLog, HTTP_FORMAT } from './access-log.ts'
import type { Functions } from './functions.ts'
import { Routes } from './routes.ts'

/** Requests a second, and at once, of all users. Each user has limits of his own in the function (docs/api.md). */
export const HTTP_THROTTLE = { throttlingRateLimit: 100, throttlingBurstLimit: 200 }
/** API Gateway's most. */
const TIMEOUT_MILLIS = 30_000

export function httpApi(scope: Construct, options: Options, names: Names, addresses: Addresses, identity: Identity, functions: Functions): void {
  const authorizer = new CfnAuthorizer(scope, 'AccessToken', {
    apiId: addresses.httpApiId, name: 'access-token', authorizerType: 'JWT', identitySource: ['$request.header.Authorization'],
    jwtConfiguration: { issuer: identity.issuer, audience: [identity.clientId] },
  })
  const routes = new Routes(scope, { apiId: addresses.httpApiId, timeoutMillis: TIMEOUT_MILLIS, payloadFormatVersion: '2.0' })
  routes.add('Everything', functions.api, { routeKey: '$default', authorizationType: 'JWT', authorizerId: authorizer.ref })
  routes.add('OpenApi', functions.api, { routeKey: 'GET /openapi.json', authorizationType: 'NONE' })
  const telegram = functions['telegram-webhook']
  if (telegram) routes.add('Telegram', telegram, { routeKey: 'POST /telegram', authorizationType: 'NONE' })
  for (const route of routes.all.slice(1)) accept(route, 'APIG4', 'The description is public in the repository; the webhook asks for the secret that Telegram shows, before it reads anything.')
  const stage = new CfnStage(scope, 'HttpStage', {
    apiId: addresses.httpApiId, stageName: '$default', autoDeploy: true,
    defaultRouteSettings: { ...HTTP_THROTTLE, detailedMetricsEnabled: false },
    accessLogSettings: accessLog(scope, 'Access-Http', options, names, HTTP_FORMAT),
  })
  for (const route of routes.all) stage.addResourceDependency(route)
}
