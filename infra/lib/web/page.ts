/** The page's files in a bucket that nobody but CloudFront reads, and the API beside them under the same address. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AllowedMethods, CachePolicy, Distribution, Function, FunctionCode, FunctionEventType, FunctionRuntime, HttpVersion, OriginRequestPolicy,
  PriceClass, type ResponseHeadersPolicy, SecurityPolicyProtocol, ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { accept } from '../nag.ts'
import type { Options } from '../options/index.ts'
import { PLACES_TO_INDEX, WITHOUT_API_PREFIX } from './routing.ts'

/** Of every distribution of CloudFront's, the same everywhere. */
const CLOUDFRONT_ZONE = 'Z2FDTNDATAQYW2'
/** A little more than API Gateway waits for a function. */
const API_ANSWERS_WITHIN = Duration.seconds(35)
/** Hashed files of earlier versions, which an open page may still ask for. */
const OLD_VERSIONS_KEPT = Duration.days(30)

export class Page extends Construct {
  readonly bucket: Bucket
  readonly distribution: Distribution

  constructor(scope: Construct, options: Options, headers: ResponseHeadersPolicy, apiHost: string) {
    super(scope, 'Page')
    this.bucket = this.#bucket()
    const { domain, certificateArn } = options.page
    const toHttps = { viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS, responseHeadersPolicy: headers, compress: true }
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `${options.name}: the page and its API`,
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      // The first terabyte is free everywhere, and the API goes this way, too.
      priceClass: PriceClass.PRICE_CLASS_ALL,
      ...(domain && certificateArn && {
        domainNames: [domain],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      defaultBehavior: {
        ...toHttps,
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket),
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        functionAssociations: [this.#onRequest('Places', PLACES_TO_INDEX)],
      },
      additionalBehaviors: {
        '/api/*': {
          ...toHttps,
          viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
          origin: new HttpOrigin(apiHost, { readTimeout: API_ANSWERS_WITHIN }),
          allowedMethods: AllowedMethods.ALLOW_ALL,
          cachePolicy: CachePolicy.CACHING_DISABLED,
          originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
          functionAssociations: [this.#onRequest('Api', WITHOUT_API_PREFIX)],
        },
      },
    })
    this.#records(options)
    this.#accept()
  }

  #bucket(): Bucket {
    return new Bucket(this, 'Files', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: OLD_VERSIONS_KEPT, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // The files are built from the code; `make destroy` empties it.
      removalPolicy: RemovalPolicy.DESTROY,
    })
  }

  #onRequest(id: string, code: string) {
    const of = new Function(this, id, { runtime: FunctionRuntime.JS_2_0, code: FunctionCode.fromInline(code) })
    return { function: of, eventType: FunctionEventType.VIEWER_REQUEST }
  }

  #records({ page: { domain, hostedZoneId } }: Options): void {
    if (domain === undefined || hostedZoneId === undefined) return
    for (const type of ['A', 'AAAA']) {
      new CfnRecordSet(this, type, {
        name: domain, type, hostedZoneId, aliasTarget: { dnsName: this.distribution.distributionDomainName, hostedZoneId: CLOUDFRONT_ZONE },
      })
    }
  }

  #accept(): void {
    accept(this.bucket, 'S1', 'The page is public and the same for everybody; a log of who fetched it would be data about people that nobody needs.')
    accept(this.distribution, 'CFR1', 'Whose agent it is decides a sign-in, not a country.')
    accept(this.distribution, 'CFR2', 'A web application firewall costs at least 5 dollars a month; throttles and the sign-in stand before everything that costs.')
    accept(this.distribution, 'CFR3', 'An access log would be addresses of people; the API has its own log without them.')
    accept(this.distribution, 'CFR4', 'Without a domain of one\'s own CloudFront\'s certificate comes with its own policy; with a domain TLS 1.2 is the least.')
  }
}
