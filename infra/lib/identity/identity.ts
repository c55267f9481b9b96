/**
 * Who may come in: a user pool with Cognito's own sign-in pages, passwords and passkeys, and one client, the page, which
 * has no secret and proves itself by PKCE. Unless the operator says otherwise nobody signs himself up.
 */
import { Aws, CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { CfnManagedLoginBranding, CfnUserPool, CfnUserPoolClient, CfnUserPoolDomain } from 'aws-cdk-lib/aws-cognito'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { allow } from '../grants.ts'
import { accept } from '../nag.ts'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'

/** What docs/privacy.md says of a token that was given out. */
const ACCESS_TOKEN_MINUTES = 15
const SIGNED_IN_DAYS = 30
/** Two tabs may use the same refresh token at once. Cognito's most. */
const ROTATION_GRACE_SECONDS = 60
const PASSWORD_LENGTH = 12
const INVITATION_DAYS = 7

export class Identity extends Stack {
  readonly userPoolId: string
  readonly clientId: string
  /** As in a token's `iss`. */
  readonly issuer: string
  readonly #poolArn: string

  constructor(scope: Construct, id: string, options: Options, names: Names, pageOrigin: string, props: StackProps) {
    super(scope, id, props)
    const pool = this.#pool(options)
    const client = this.#client(pool, pageOrigin)
    const domain = new CfnUserPoolDomain(this, 'SignIn', { userPoolId: pool.ref, domain: names.signInPrefix, managedLoginVersion: 2 })
    const look = new CfnManagedLoginBranding(this, 'Look', { userPoolId: pool.ref, clientId: client.ref, useCognitoProvidedValues: true })
    look.addResourceDependency(domain)
    this.userPoolId = pool.ref
    this.clientId = client.ref
    this.issuer = `https://cognito-idp.${Aws.REGION}.amazonaws.com/${pool.ref}`
    this.#poolArn = pool.attrArn
    new CfnOutput(this, 'UserPoolId', { value: this.userPoolId })
  }

  /** To end somebody's sessions, and to remove him. */
  grantManage(role: IRole, ...operations: ('AdminUserGlobalSignOut' | 'AdminDeleteUser' | 'ListUsers')[]): void {
    allow(role, operations.map((operation) => `cognito-idp:${operation}`), [this.#poolArn])
  }

  #pool(options: Options): CfnUserPool {
    const pool = new CfnUserPool(this, 'Users', {
      userPoolName: options.name,
      userPoolTier: 'ESSENTIALS',
      usernameAttributes: ['email'],
      usernameConfiguration: { caseSensitive: false },
      autoVerifiedAttributes: ['email'],
      accountRecoverySetting: { recoveryMechanisms: [{ name: 'verified_email', priority: 1 }] },
      adminCreateUserConfig: { allowAdminCreateUserOnly: !options.selfSignUp },
      policies: {
        passwordPolicy: {
          minimumLength: PASSWORD_LENGTH, requireLowercase: true, requireUppercase: true, requireNumbers: true, requireSymbols: true,
          temporaryPasswordValidityDays: INVITATION_DAYS,
        },
        signInPolicy: { allowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] },
      },
      webAuthnUserVerification: 'required',
      mfaConfiguration: 'OPTIONAL',
      enabledMfas: ['SOFTWARE_TOKEN_MFA'],
      deletionProtection: options.destroyData ? 'INACTIVE' : 'ACTIVE',
    })
    pool.applyRemovalPolicy(options.destroyData ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN)
    accept(pool, 'COG2', 'Everybody may add a second factor. Where one is required Cognito takes no passkeys, which are better than both.')
    accept(pool, 'COG3', 'Threat protection belongs to the tier Plus, at 2 cents for each user and month; the pool has no self sign-up unless the operator asks for it.')
    accept(pool, 'COG8', 'The tier Essentials has all that is used, and is free for 10,000 users.')
    return pool
  }

  #client(pool: CfnUserPool, pageOrigin: string): CfnUserPoolClient {
    return new CfnUserPoolClient(this, 'Page', {
      userPoolId: pool.ref,
      clientName: 'page',
      generateSecret: false,
      allowedOAuthFlowsUserPoolClient: true,
      allowedOAuthFlows: ['code'],
      allowedOAuthScopes: ['openid'],
      supportedIdentityProviders: ['COGNITO'],
      callbackUrLs: [`${pageOrigin}/callback`],
      logoutUrLs: [`${pageOrigin}/`],
      explicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_SRP_AUTH'],
      preventUserExistenceErrors: 'ENABLED',
      enableTokenRevocation: true,
      refreshTokenRotation: { feature: 'ENABLED', retryGracePeriodSeconds: ROTATION_GRACE_SECONDS },
      accessTokenValidity: ACCESS_TOKEN_MINUTES,
      idTokenValidity: ACCESS_TOKEN_MINUTES,
      refreshTokenValidity: SIGNED_IN_DAYS,
      tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'days' },
    })
  }
}
