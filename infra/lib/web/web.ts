/** What a browser talks to: the page, and the addresses of both APIs. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { Addresses } from './addresses.ts'
import { contentPolicy, pageHeaders } from './headers.ts'
import { Page } from './page.ts'

export class Web extends Stack {
  readonly addresses: Addresses
  readonly page: Page
  /** Of the page, without a slash at the end. */
  readonly origin: string
  /** The HTTP API as the page sees it: under its own address, so a browser never asks whether it may. */
  readonly apiUrl: string

  constructor(scope: Construct, id: string, options: Options, names: Names, props: StackProps) {
    super(scope, id, props)
    this.addresses = new Addresses(this, options.name)
    const headers = pageHeaders(this, options.name, contentPolicy(names, this.addresses.webSocketHost))
    this.page = new Page(this, options, headers, this.addresses.httpHost)
    // Exported whether somebody needs it now or not: with a domain of one's own the other stacks stop using it, and an
    // export must not go before those who used it have been deployed.
    this.exportValue(this.page.distribution.distributionDomainName)
    this.origin = `https://${options.page.domain ?? this.page.distribution.distributionDomainName}`
    this.apiUrl = `${this.origin}/api`
    new CfnOutput(this, 'PageUrl', { value: this.origin })
    new CfnOutput(this, 'Files', { value: this.page.bucket.bucketName })
    new CfnOutput(this, 'DistributionId', { value: this.page.distribution.distributionId })
  }
}
