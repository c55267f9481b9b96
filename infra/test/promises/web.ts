import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Json, Templates } from '../templates.ts'
import { every, type Promise } from './promise.ts'
import { sure } from '../sure.ts'

const distribution = (all: Templates): Json => all.one('AWS::CloudFront::Distribution').properties.DistributionConfig
const headers = (all: Templates): Json => all.one('AWS::CloudFront::ResponseHeadersPolicy').properties.ResponseHeadersPolicyConfig
const behaviours = (all: Templates): Json[] => [distribution(all).DefaultCacheBehavior, ...distribution(all).CacheBehaviors]

const LOCAL = readFileSync(new URL('../../../crates/local-stack/src/web.rs', import.meta.url), 'utf8')
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad'
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac'

/** Of the local stack, as a browser gets it. */
function local(name: string): string {
  const [, literal] = new RegExp(`const ${name}: &str = "((?:[^"\\\\]|\\\\[^])*)";`).exec(LOCAL)!
  return literal!.replace(/\\\n\s*/g, '')
}

function directives(policy: string): Record<string, string> {
  return Object.fromEntries(policy.split('; ').map((one) => [one.split(' ')[0]!, one]))
}

export const WEB: readonly Promise[] = [
  {
    says: 'the page\'s policy is the local stack\'s, and it connects to our own addresses only',
    holds: (all) => {
      const { 'connect-src': connect, ...rest } = directives(all.said(headers(all).SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy))
      const { 'connect-src': _, ...theirs } = directives(local('POLICY'))
      assert.deepEqual(rest, theirs)
      assert.deepEqual(connect!.split(' ').slice(1), [
        "'self'", 'wss://WebSocketApi.execute-api.{region}.amazonaws.com', 'https://openclaw-data-{account}-{region}.s3.{region}.amazonaws.com',
        'https://cognito-idp.{region}.amazonaws.com', 'https://openclaw-{account}.auth.{region}.amazoncognito.com',
      ])
    },
    breaks: (all) => {
      const of = headers(all).SecurityHeadersConfig.ContentSecurityPolicy
      of.ContentSecurityPolicy = `${all.said(of.ContentSecurityPolicy).replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")}`
    },
  },
  {
    says: 'the page\'s other headers are the local stack\'s, and browsers keep to HTTPS',
    holds: (all) => {
      const { SecurityHeadersConfig: security, CustomHeadersConfig: custom } = headers(all)
      sure(security.ContentTypeOptions.Override)
      assert.deepEqual([security.ReferrerPolicy.ReferrerPolicy, security.FrameOptions.FrameOption], ['no-referrer', 'DENY'])
      sure(security.StrictTransportSecurity.AccessControlMaxAgeSec >= 31_536_000)
      const others = Object.fromEntries(custom.Items.map((one: Json) => [one.Header.toLowerCase(), one.Value]))
      assert.deepEqual(others, { 'permissions-policy': local('PERMISSIONS'), 'cross-origin-opener-policy': local('SAME_ORIGIN'), 'cross-origin-resource-policy': local('SAME_ORIGIN') })
    },
    breaks: (all) => { headers(all).CustomHeadersConfig.Items[0].Value = 'camera=(self)' },
  },
  {
    says: 'only our CloudFront reads the page\'s files, and it signs',
    holds: (all) => {
      const control = all.one('AWS::CloudFront::OriginAccessControl').properties.OriginAccessControlConfig
      assert.deepEqual([control.SigningBehavior, control.SigningProtocol], ['always', 'sigv4'])
      const reads = all.one('AWS::S3::BucketPolicy', 'PageFiles').properties.PolicyDocument.Statement.filter((one: Json) => one.Effect === 'Allow')
      every(reads, (one: Json) => {
        assert.deepEqual([one.Action, one.Principal.Service], ['s3:GetObject', 'cloudfront.amazonaws.com'])
        assert.match(all.said(one.Condition.StringEquals['AWS:SourceArn']), /distribution\/PageDistribution$/)
      })
    },
    breaks: (all) => { all.one('AWS::S3::BucketPolicy', 'PageFiles').properties.PolicyDocument.Statement.find((one: Json) => one.Effect === 'Allow').Condition.StringEquals['AWS:SourceArn'] = '*' },
  },
  {
    says: 'the page comes by HTTPS only, with its headers on everything',
    holds: (all) => every(behaviours(all), (one) => {
      assert.match(one.ViewerProtocolPolicy, /^(redirect-to-https|https-only)$/)
      assert.equal(all.said(one.ResponseHeadersPolicyId), 'Headers')
    }),
    breaks: (all) => { distribution(all).DefaultCacheBehavior.ViewerProtocolPolicy = 'allow-all' },
  },
  {
    says: 'no answer of the API is ever taken for a page',
    holds: (all) => {
      assert.equal(distribution(all).CustomErrorResponses, undefined)
      every(behaviours(all), (one) => assert.equal(one.FunctionAssociations[0].EventType, 'viewer-request'))
    },
    breaks: (all) => { distribution(all).CustomErrorResponses = [{ ErrorCode: 403, ResponseCode: 200, ResponsePagePath: '/index.html' }] },
  },
  {
    says: 'nothing of the API is kept, and it gets the request as it is',
    holds: (all) => {
      const api = distribution(all).CacheBehaviors.find((one: Json) => one.PathPattern === '/api/*')
      assert.deepEqual([api.CachePolicyId, api.OriginRequestPolicyId], [CACHING_DISABLED, ALL_VIEWER_EXCEPT_HOST])
      sure(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].every((method) => api.AllowedMethods.includes(method)))
      const origin = distribution(all).Origins.find((one: Json) => one.Id === api.TargetOriginId)
      assert.equal(all.said(origin.DomainName), 'HttpApi.execute-api.{region}.amazonaws.com')
      assert.equal(origin.CustomOriginConfig.OriginProtocolPolicy, 'https-only')
    },
    breaks: (all) => { delete distribution(all).CacheBehaviors[0].OriginRequestPolicyId },
  },
  {
    says: 'with a domain the page is there, by TLS 1.2 at least, and everybody is told',
    with: { domain: 'chat.example.com', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555', hostedZoneId: 'Z0123456789ABC' },
    holds: (all) => {
      assert.deepEqual([distribution(all).Aliases, distribution(all).ViewerCertificate.MinimumProtocolVersion], [['chat.example.com'], 'TLSv1.2_2021'])
      assert.deepEqual(all.all('AWS::Route53::RecordSet').map(({ properties }) => properties.Type), ['A', 'AAAA'])
      const { Variables } = all.one('AWS::Lambda::Function', 'wsconnect').properties.Environment
      assert.equal(Variables.ALLOWED_ORIGINS, 'https://chat.example.com')
      assert.deepEqual(all.one('AWS::Cognito::UserPoolClient').properties.CallbackURLs, ['https://chat.example.com/callback'])
    },
    breaks: (all) => { all.one('AWS::Lambda::Function', 'wsconnect').properties.Environment.Variables.ALLOWED_ORIGINS = 'https://d1.cloudfront.net' },
  },
]
