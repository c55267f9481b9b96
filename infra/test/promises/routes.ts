import assert from 'node:assert/strict'
import { sure } from '../sure.ts'
import { plain, type Resource, type Templates } from '../templates.ts'
import { every, none, type Promise } from './promise.ts'

const routes = (all: Templates, api: string) => all.all('AWS::ApiGatewayV2::Route').filter(({ properties }) => all.said(properties.ApiId) === api)
const stage = (all: Templates, begins: string) => all.one('AWS::ApiGatewayV2::Stage', begins).properties
const EVERYTHING = { telegram: 'on', prewarmSpares: '2' }

/** Of a Lambda function, who may call it. */
function callers(all: Templates, id: string): string[] {
  const mine = all.all('AWS::Lambda::Permission').filter(({ properties }) => plain(all.said(properties.FunctionName).replace(/\.Arn$/, '')) === plain(id))
  return mine.map(({ properties }) => `${properties.Principal} ${all.said(properties.SourceArn)}`)
}

function functionOf(all: Templates, { properties }: Resource): string {
  const integration = all.said(properties.Target).replace('integrations/', '')
  const { IntegrationUri } = all.one('AWS::ApiGatewayV2::Integration', integration).properties
  return /functions\/(\w+)\.Arn/.exec(all.said(IntegrationUri))![1]!
}

const ROUTES = ['$connect', '$default', '$disconnect']
const OPEN = ['GET /openapi.json', 'POST /telegram']
const WEB_SOCKET_AUTHORIZATION = new Set(['NONE', 'AWS_IAM', 'CUSTOM'])
/** Nothing that has a header, a query or an address in it. */
const LOGGED = /^\$context\.(requestId|requestTimeEpoch|routeKey|status|error\.message|integrationErrorMessage|responseLength|responseLatency|integrationLatency|eventType|connectionId)$/

export const ROUTED: readonly Promise[] = [
  {
    says: 'the WebSocket API has three routes, and answers none by itself',
    holds: (all) => {
      assert.deepEqual(routes(all, 'WebSocketApi').map(({ properties }) => properties.RouteKey).toSorted(), ROUTES)
      every(routes(all, 'WebSocketApi'), ({ properties }) => assert.equal(properties.RouteResponseSelectionExpression, undefined))
      none(all, 'AWS::ApiGatewayV2::RouteResponse', 'AWS::ApiGatewayV2::IntegrationResponse')
    },
    breaks: (all) => all.add('api', 'Answer', 'AWS::ApiGatewayV2::RouteResponse', { RouteResponseKey: '$default' }),
  },
  {
    says: 'the WebSocket API has no JWT authorizer, which it would not know, and no authorization that it does not know',
    holds: (all) => {
      every(routes(all, 'WebSocketApi'), ({ properties }) => sure(WEB_SOCKET_AUTHORIZATION.has(properties.AuthorizationType), properties.AuthorizationType))
      every(all.all('AWS::ApiGatewayV2::Authorizer'), ({ properties }) => assert.equal(all.said(properties.ApiId), 'HttpApi'))
    },
    breaks: (all) => { routes(all, 'WebSocketApi')[0]!.properties.AuthorizationType = 'JWT' },
  },
  {
    says: 'the HTTP API asks for an access token of our pool and page',
    holds: (all) => {
      const { properties } = all.one('AWS::ApiGatewayV2::Authorizer')
      assert.equal(properties.AuthorizerType, 'JWT')
      assert.deepEqual(all.resolved(properties.JwtConfiguration), { Audience: ['Page'], Issuer: 'https://cognito-idp.{region}.amazonaws.com/Users' })
    },
    breaks: (all) => { all.one('AWS::ApiGatewayV2::Authorizer').properties.JwtConfiguration.Audience = ['somebody'] },
  },
  {
    says: 'only the description of the API and Telegram\'s webhook are open',
    with: EVERYTHING,
    holds: (all) => {
      const open = routes(all, 'HttpApi').filter(({ properties }) => properties.AuthorizationType !== 'JWT' || !properties.AuthorizerId)
      assert.deepEqual(open.map(({ properties }) => properties.RouteKey).toSorted(), OPEN)
    },
    breaks: (all) => { routes(all, 'HttpApi').find(({ properties }) => properties.RouteKey === '$default')!.properties.AuthorizationType = 'NONE' },
  },
  {
    says: 'without Telegram there is no webhook',
    holds: (all) => sure(!JSON.stringify(all.stacks['api']).includes('elegram')),
    breaks: (all) => all.add('api', 'Telegram', 'AWS::ApiGatewayV2::Route', { RouteKey: 'POST /telegram' }),
  },
  {
    says: 'no other page may ask the API',
    holds: (all) => every(all.all('AWS::ApiGatewayV2::Api'), ({ properties }) => assert.equal(properties.CorsConfiguration, undefined)),
    breaks: (all) => { all.one('AWS::ApiGatewayV2::Api', 'HttpApi').properties.CorsConfiguration = { AllowOrigins: ['*'] } },
  },
  {
    says: 'both APIs are throttled as a whole',
    holds: (all) => every(['WebSocketStage', 'HttpStage'], (name) => {
      const { ThrottlingRateLimit, ThrottlingBurstLimit } = stage(all, name).DefaultRouteSettings
      sure(ThrottlingRateLimit > 0 && ThrottlingRateLimit <= 200 && ThrottlingBurstLimit > 0 && ThrottlingBurstLimit <= 400)
    }),
    breaks: (all) => { delete stage(all, 'HttpStage').DefaultRouteSettings.ThrottlingRateLimit },
  },
  {
    says: 'both APIs note their requests, without a token, a text or an address',
    holds: (all) => {
      every(['WebSocketStage', 'HttpStage'], (name) => {
        every(Object.values<string>(JSON.parse(stage(all, name).AccessLogSettings.Format)), (variable) => assert.match(variable, LOGGED))
        assert.notEqual(stage(all, name).DefaultRouteSettings.DataTraceEnabled, true)
      })
    },
    breaks: (all) => { stage(all, 'HttpStage').AccessLogSettings.Format = '{"token":"$context.authorizer.claims.sub"}' },
  },
  {
    says: 'each function may be called by what calls it, and by nothing else',
    with: EVERYTHING,
    holds: (all) => {
      every(all.all('AWS::ApiGatewayV2::Route'), (route) => {
        const api = all.said(route.properties.ApiId)
        assert.deepEqual(callers(all, functionOf(all, route)), [`apigateway.amazonaws.com arn:aws:execute-api:{region}:{account}:${api}/*`], route.id)
      })
      every(all.all('AWS::Events::Rule'), (rule) => {
        const target = all.said(rule.properties.Targets[0].Arn).replace('.Arn', '')
        assert.deepEqual(callers(all, target), [`events.amazonaws.com ${rule.id}.Arn`])
      })
    },
    breaks: (all) => { for (const one of all.all('AWS::Lambda::Permission')) all.remove(one) },
  },
]
