import assert from 'node:assert/strict'
import type { Templates } from '../templates.ts'
import type { Promise } from './promise.ts'
import { sure } from '../sure.ts'

const pool = (all: Templates) => all.one('AWS::Cognito::UserPool').properties
const client = (all: Templates) => all.one('AWS::Cognito::UserPoolClient').properties

export const IDENTITY: readonly Promise[] = [
  {
    says: 'nobody signs himself up',
    holds: (all) => assert.equal(pool(all).AdminCreateUserConfig.AllowAdminCreateUserOnly, true),
    breaks: (all) => { pool(all).AdminCreateUserConfig.AllowAdminCreateUserOnly = false },
  },
  {
    says: 'selfSignUp: everybody does, once the operator says so',
    with: { selfSignUp: 'on' },
    holds: (all) => assert.equal(pool(all).AdminCreateUserConfig.AllowAdminCreateUserOnly, false),
    breaks: (all) => { pool(all).AdminCreateUserConfig.AllowAdminCreateUserOnly = true },
  },
  {
    says: 'people sign in on Cognito\'s newer pages, with a password or a passkey',
    holds: (all) => {
      assert.deepEqual(pool(all).Policies.SignInPolicy.AllowedFirstAuthFactors, ['PASSWORD', 'WEB_AUTHN'])
      assert.equal(all.one('AWS::Cognito::UserPoolDomain').properties.ManagedLoginVersion, 2)
      assert.equal(all.one('AWS::Cognito::ManagedLoginBranding').properties.UseCognitoProvidedValues, true)
      assert.equal(pool(all).UserPoolTier, 'ESSENTIALS')
    },
    breaks: (all) => { all.one('AWS::Cognito::UserPoolDomain').properties.ManagedLoginVersion = 9 },
  },
  {
    says: 'the page has no secret and comes by a code alone',
    holds: (all) => {
      assert.deepEqual([client(all).GenerateSecret, client(all).AllowedOAuthFlows, client(all).AllowedOAuthScopes], [false, ['code'], ['openid']])
      assert.equal(client(all).PreventUserExistenceErrors, 'ENABLED')
    },
    breaks: (all) => { client(all).AllowedOAuthFlows.push('implicit') },
  },
  {
    says: 'Cognito sends people back to the page and nowhere else',
    holds: (all) => assert.deepEqual(
      [all.resolved(client(all).CallbackURLs), all.resolved(client(all).LogoutURLs)],
      [['https://PageDistribution.DomainName/callback'], ['https://PageDistribution.DomainName/']],
    ),
    breaks: (all) => { client(all).CallbackURLs.push('http://localhost:5173/callback') },
  },
  {
    says: 'an access token is good for 15 minutes, and a refresh token once',
    holds: (all) => {
      assert.deepEqual([client(all).AccessTokenValidity, client(all).TokenValidityUnits.AccessToken], [15, 'minutes'])
      assert.equal(client(all).RefreshTokenRotation.Feature, 'ENABLED')
      sure(!client(all).ExplicitAuthFlows.includes('ALLOW_REFRESH_TOKEN_AUTH'), 'Cognito refuses it beside a rotation')
      assert.equal(client(all).EnableTokenRevocation, true)
    },
    breaks: (all) => { client(all).AccessTokenValidity = 1440 },
  },
]
