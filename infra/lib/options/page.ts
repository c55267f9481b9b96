/** Where the page is. */
import type { Reader} from './read.ts';
import { UnusableOption } from './read.ts'

export interface PageOptions {
  /** `undefined`: an address of CloudFront's. */
  readonly domain: string | undefined
  readonly certificateArn: string | undefined
  readonly hostedZoneId: string | undefined
}

const CERTIFICATE = /^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{36}$/

export function readPage(read: Reader): PageOptions {
  const domain = read.text('domain', /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'a domain name in lower case, such as chat.example.com')
  const certificateArn = read.text('certificateArn', CERTIFICATE, 'the ARN of a certificate in us-east-1, where CloudFront looks for it')
  const hostedZoneId = read.text('hostedZoneId', /^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone of Route 53, such as Z0123456789ABC')
  if (domain !== undefined && certificateArn === undefined) {
    throw new UnusableOption(`The option domain is "${domain}"; it needs certificateArn, the ARN of a certificate for it in us-east-1.`)
  }
  const alone = domain === undefined && (certificateArn ?? hostedZoneId)
  if (alone) throw new UnusableOption(`The options certificateArn and hostedZoneId are for a domain, and the option domain is not set.`)
  return { domain, certificateArn, hostedZoneId }
}
