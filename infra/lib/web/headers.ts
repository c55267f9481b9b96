/** What a browser is told to allow the page: the same as in crates/local-stack/src/web.rs, with the deployment's own addresses. */
import { Aws, Duration } from 'aws-cdk-lib'
import { HeadersFrameOption, HeadersReferrerPolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront'
import type { Construct } from 'constructs'
import type { Names } from '../names.ts'

const PERMISSIONS = ['accelerometer', 'browsing-topics', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer', 'microphone', 'midi', 'payment', 'serial', 'usb']
  .map((feature) => `${feature}=()`)
  .join(', ')

/** Two years, which is what browsers' lists ask for. */
const HTTPS_ONLY = Duration.days(730)

export function contentPolicy(names: Names, webSocketHost: string): string {
  const connect = [
    "'self'",
    `wss://${webSocketHost}`,
    `https://${names.dataBucket}.s3.${Aws.REGION}.amazonaws.com`,
    `https://cognito-idp.${Aws.REGION}.amazonaws.com`,
    `https://${names.signInPrefix}.auth.${Aws.REGION}.amazoncognito.com`,
  ]
  return [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'",
    "manifest-src 'self'", "worker-src 'self'", `connect-src ${connect.join(' ')}`, "frame-ancestors 'none'", "base-uri 'none'",
    "form-action 'none'", "require-trusted-types-for 'script'", 'trusted-types openclaw',
  ].join('; ')
}

export function pageHeaders(scope: Construct, name: string, policy: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'Headers', {
    // One name in the whole account, and a deployment may be in two regions.
    responseHeadersPolicyName: `${name}-page-${Aws.REGION}`,
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: policy, override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: { accessControlMaxAge: HTTPS_ONLY, includeSubdomains: true, preload: true, override: true },
    },
    customHeadersBehavior: {
      customHeaders: [
        { header: 'Permissions-Policy', value: PERMISSIONS, override: true },
        { header: 'Cross-Origin-Opener-Policy', value: 'same-origin', override: true },
        { header: 'Cross-Origin-Resource-Policy', value: 'same-origin', override: true },
      ],
    },
  })
}
