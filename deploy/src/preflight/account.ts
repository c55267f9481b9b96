/** Whose account it is, and whether we may use it. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { isNamed, reason } from '../errors.ts'
import { type Check, type Finding, ok, problem, warning } from './check.ts'

const HOW = [
  'Sign in with `aws sso login` (then AWS_PROFILE=<profile>), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  'docs/deploy.md, "Credentials", shows both.',
].join('\n')

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'SSOTokenProviderFailure']
const REFUSED = ['InvalidClientTokenId', 'UnrecognizedClientException', 'SignatureDoesNotMatch', 'AuthFailure']

export const accountCheck: Check = {
  title: 'AWS account',
  async look({ aws, deployment }) {
    try {
      const who = await aws.sts.send(new GetCallerIdentityCommand({}))
      const arn = who.Arn ?? ''
      const says = `${who.Account} as ${arn}`
      return arn.endsWith(':root') ? warning(`${says}: the account's root user`, 'Better make a user or role of its own for this.') : ok(says)
    } catch (error) {
      const unreached = problem(`AWS was not reached: ${reason(error)}`, 'Check the network and a proxy (HTTPS_PROXY), then try again.')
      return refused(error, deployment.region) ?? unreached
    }
  },
}

/** What is wrong with whoever asks, if it is that. */
export function refused(error: unknown, region: string): Finding | undefined {
  if (isNamed(error, ...EXPIRED) || (isNamed(error, 'CredentialsProviderError') && /expired/i.test(reason(error)))) {
    return problem('the credentials have expired', 'Sign in again: `aws sso login`, or fetch new ones.')
  }
  if (isNamed(error, 'CredentialsProviderError')) return problem('no credentials were found', HOW)
  if (isNamed(error, ...REFUSED)) {
    return problem(
      `AWS does not take these credentials in ${region}`,
      `They are wrong or were withdrawn, or ${region} is not enabled for the account (console: Account, AWS Regions).`,
    )
  }
  return undefined
}
