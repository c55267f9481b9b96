import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accountCheck } from '../src/preflight/account.ts'
import { bootstrapCheck } from '../src/preflight/bootstrap.ts'
import { type Check, look, type Outcome } from '../src/preflight/check.ts'
import { ecsRoleCheck, ipv6Check } from '../src/preflight/ecs.ts'
import { preflight, summary } from '../src/preflight/index.ts'
import { nameCheck } from '../src/preflight/name.ts'
import { onDemandQuotaCheck, spotQuotaCheck } from '../src/preflight/quotas.ts'
import { modelCheck, regionCheck } from '../src/preflight/region.ts'
import { secretsCheck } from '../src/preflight/secrets.ts'
import { armTargetCheck, dockerCheck, isAtLeast, lambdaToolCheck, toolChecks } from '../src/preflight/tools.ts'
import { Account, ACCOUNT, named } from './account.ts'
import { failing, type Setting, testWorld } from './world.ts'

const fails = (name: string, message?: string) => () => {
  throw named(name, message)
}

/** What one check finds in a world like this: its outcome, and words that must be said. */
async function check(one: Check, setting: Setting, outcome: Outcome, ...words: RegExp[]): Promise<void> {
  const found = await look(one, testWorld(setting))
  const said = `${found.says}\n${found.todo ?? ''}`
  assert.equal(found.outcome, outcome, said)
  for (const word of words) assert.match(said, word)
}

describe('the machine', () => {
  const [node, rust] = toolChecks as [Check, Check]
  test('a tool that is new enough', () => check(node, { programs: { 'node --version': () => 'v22.1.0' } }, 'ok', /22\.1\.0/))
  test('one that is too old says which is needed, and where from', () =>
    check(rust, { programs: { 'cargo --version': () => 'cargo 1.80.1 (x)' } }, 'problem', /1\.80\.1 is too old, 1\.95\.0/, /rustup/))
  test('one that is missing', () => check(rust, {}, 'problem', /not installed/, /rustup\.rs/))
  test('one that does not work', () => check(node, { programs: { 'node --version': failing() } }, 'problem', /does not answer/))
  test('Docker builds for ARM64', () => check(dockerCheck, { programs: { 'container/need-docker arm64': () => '' } }, 'ok'))
  test('Docker says itself what is missing', () =>
    check(dockerCheck, { programs: { 'need-docker': failing('Docker is here without buildx. Install it.') } }, 'problem', /without buildx\. Install it\./))
  test('ARM64 is there', () =>
    check(armTargetCheck, { programs: { 'rustc --print': () => '/lib', 'ls /lib': () => 'libstd-1.rlib' } }, 'ok'))
  test('ARM64 is missing, and rustup installs it', () =>
    check(
      armTargetCheck,
      { programs: { 'rustc --print': () => '/lib', 'ls /lib': failing(), 'rustup --version': () => 'rustup 1.28' } },
      'ok',
      /installed by the build/,
    ))
  test('ARM64 is missing, and nobody installs it', () =>
    check(armTargetCheck, { programs: { 'rustc --print': () => '/lib', 'ls /lib': failing() } }, 'problem', /is missing/, /rustup\.rs/))
  test('cargo-lambda can be installed', () =>
    check(lambdaToolCheck, { programs: { 'need-cargo-lambda --check': () => 'is installed by the build' } }, 'ok'))
  test('cargo-lambda cannot', () => check(lambdaToolCheck, { programs: { 'need-cargo-lambda': failing() } }, 'problem', /Python 3\.10/))
  test('versions are compared by number', () => {
    assert.ok(isAtLeast('1.100.0', '1.95.0'))
    assert.ok(isAtLeast('1.95', '1.95.0'))
    assert.ok(!isAtLeast('1.9.9', '1.95.0'))
  })
})

describe('the account', () => {
  const identity = (answer: () => unknown) => ({ answers: { GetCallerIdentity: answer } })
  test('who I am', () => check(accountCheck, identity(() => ({ Account: ACCOUNT, Arn: 'arn:x:user/ana' })), 'ok', /123456789012 as arn:x:user\/ana/))
  test('root is warned of', () => check(accountCheck, identity(() => ({ Account: '1', Arn: 'arn:aws:iam::1:root' })), 'warning', /root user/))
  test('no credentials', () => check(accountCheck, identity(fails('CredentialsProviderError', 'Could not load')), 'problem', /no credentials/, /aws sso login/))
  test('expired', () => check(accountCheck, identity(fails('ExpiredToken')), 'problem', /have expired/, /Sign in again/))
  test('an expired sign-on', () => check(accountCheck, identity(fails('CredentialsProviderError', 'The SSO session has expired')), 'problem', /have expired/))
  test('refused', () => check(accountCheck, identity(fails('InvalidClientTokenId')), 'problem', /does not take/, /not enabled/))
  test('no network', () => check(accountCheck, identity(fails('Error', 'getaddrinfo ENOTFOUND')), 'problem', /was not reached/, /HTTPS_PROXY/))
})

describe('the region', () => {
  test('a priced one', () => check(regionCheck, {}, 'ok', /us-east-1/))
  test('another commercial one', () => check(regionCheck, { region: 'eu-west-1' }, 'ok', /may differ/))
  test('one without ARM64 on Spot', () => check(regionCheck, { region: 'cn-north-1' }, 'problem', /no ARM64 on Fargate Spot/))

  const model = (answer: () => unknown, context = {}) => ({ context, answers: { GetFoundationModelAvailability: answer } })
  const there = { regionAvailability: 'AVAILABLE', authorizationStatus: 'AUTHORIZED', entitlementAvailability: 'AVAILABLE' }
  test('the model is there', () => check(modelCheck, model(() => there), 'ok'))
  test('it is not in this region', () => check(modelCheck, model(() => ({ ...there, regionAvailability: 'NOT_AVAILABLE' })), 'problem', /Model catalog/))
  test('a profile may be', () =>
    check(modelCheck, model(() => ({ ...there, regionAvailability: 'NOT_AVAILABLE' }), { model: 'us.anthropic.claude-x-v1:0' }), 'ok'))
  test('access must be asked for', () => check(modelCheck, model(() => ({ ...there, authorizationStatus: 'NOT_AUTHORIZED' })), 'warning', /ask for access/))
  test('nobody knows it', () => check(modelCheck, model(fails('ValidationException')), 'problem', /knows no model/))
  test('Bedrock does not answer', () => check(modelCheck, model(fails('Timeout')), 'warning', /could not be asked/))
  test('another provider is not asked', () => check(modelCheck, { context: { modelProvider: 'openai' } }, 'ok', /of openai/))
})

describe('bootstrap', () => {
  const version = (answer: () => unknown) => ({ answers: { ...new Account().answers, GetParameter: answer } })
  test('there', () => check(bootstrapCheck, version(() => ({ Parameter: { Value: '28' } })), 'ok', /28/))
  test('too old', () => check(bootstrapCheck, version(() => ({ Parameter: { Value: '5' } })), 'problem', /too old, 6/, /aws:\/\/123456789012\/us-east-1/))
  test('missing says the exact command', () =>
    check(bootstrapCheck, version(fails('ParameterNotFound')), 'problem', /node_modules\/\.bin\/cdk bootstrap aws:\/\/123456789012\/us-east-1/))
  test('may not be looked at', () => check(bootstrapCheck, version(fails('AccessDeniedException')), 'warning', /may not look/))
})

describe('quotas', () => {
  const quota = (vcpus: number, context = {}) => ({ context, answers: { GetServiceQuota: () => ({ Quota: { Value: vcpus } }) } })
  test('the default is 12 agents, and how to ask for more', () => check(spotQuotaCheck, quota(6), 'ok', /6 vCPU: 12 agents/, /L-36FBB829/))
  test('fewer are a warning', () => check(spotQuotaCheck, quota(6, { taskCpu: '1024' }), 'warning', /6 agents/))
  test('none is a problem', () => check(spotQuotaCheck, quota(0), 'problem', /Nobody's agent can start/))
  test('many are fine', () => check(onDemandQuotaCheck, quota(64), 'ok', /128 agents/))
  test('spot only needs no other', () => check(onDemandQuotaCheck, { context: { capacity: 'spot' } }, 'ok', /not used/))
  test("AWS's default counts where the account has none of its own", () =>
    check(
      spotQuotaCheck,
      { answers: { GetServiceQuota: fails('NoSuchResourceException'), GetAWSDefaultServiceQuota: () => ({ Quota: { Value: 6 } }) } },
      'ok',
      /12 agents/,
    ))
  test('no value is no zero', () => check(spotQuotaCheck, { answers: { GetServiceQuota: () => ({}) } }, 'warning', /could not be looked at/))
})

describe('ECS', () => {
  test('the role is there', () => check(ecsRoleCheck, { answers: { GetRole: () => ({}) } }, 'ok'))
  test('it is not', () => check(ecsRoleCheck, { answers: { GetRole: fails('NoSuchEntityException') } }, 'warning', /create-service-linked-role/))
  test('it may not be looked at', () => check(ecsRoleCheck, { answers: { GetRole: fails('AccessDenied') } }, 'warning', /may not look/))
  const ipv6 = (settings: object[]) => ({ context: { network: 'ipv6-only' }, answers: { ListAccountSettings: () => ({ settings }) } })
  test('IPv6 is not needed', () => check(ipv6Check, {}, 'ok', /not needed/))
  test('IPv6 is on', () => check(ipv6Check, ipv6([{ name: 'dualStackIPv6', value: 'enabled' }]), 'ok'))
  test('IPv6 is off', () => check(ipv6Check, ipv6([{ name: 'dualStackIPv6', value: 'disabled' }]), 'problem', /put-account-setting-default/))
})

describe('the name', () => {
  const with_ = (stacks: Record<string, string>, parameter?: string) => {
    const account = new Account()
    for (const [name, status] of Object.entries(stacks)) account.stacks.set(name, status)
    if (parameter) account.parameters.set('/openclaw/deployment', { value: parameter, type: 'String', at: new Date(0) })
    return { answers: account.answers }
  }
  const done = { 'openclaw-web': 'CREATE_COMPLETE', 'openclaw-compute': 'CREATE_COMPLETE' }
  test('free', () => check(nameCheck, with_({}), 'ok', /is free/))
  test('ours', () => check(nameCheck, with_(done, '{}'), 'ok', /will be updated/))
  test('in part', () => check(nameCheck, with_({ 'openclaw-web': 'CREATE_COMPLETE' }), 'ok', /in part: openclaw-web/))
  test("somebody else's", () => {
    const { answers } = with_(done)
    const DescribeStacks = ({ StackName }: { StackName: string }) => ({ Stacks: [{ StackName, StackStatus: 'CREATE_COMPLETE', Tags: [] }] })
    return check(nameCheck, { answers: { ...answers, DescribeStacks } }, 'problem', /not of this project/)
  })
  test('stuck', () => check(nameCheck, with_({ 'openclaw-api': 'UPDATE_ROLLBACK_FAILED' }), 'problem', /stuck/, /continue-update-rollback --stack-name openclaw-api/))
  test('at work', () => check(nameCheck, with_({ 'openclaw-api': 'UPDATE_IN_PROGRESS' }), 'warning', /being changed/))
  test('a parameter without stacks', () => check(nameCheck, with_({}, '{}'), 'problem', /no stack does/))
  test('a parameter that is not ours', () => check(nameCheck, with_({}, 'hello'), 'problem', /not a deployment of ours/))
})

describe('secrets', () => {
  const keys = (...names: string[]) => ({ DescribeParameters: () => ({ Parameters: names.map((Name) => ({ Name })) }) })
  test('Bedrock needs none', () => check(secretsCheck, {}, 'ok', /none needed/))
  test('a key is missing', () => check(secretsCheck, { context: { modelProvider: 'openai' }, answers: keys() }, 'warning', /model-key/, /make secrets/))
  test('all are there', () =>
    check(
      secretsCheck,
      { context: { telegram: 'on' }, answers: keys('/openclaw/telegram-token', '/openclaw/telegram-secret') },
      'ok',
      /telegram-token, telegram-secret are there/,
    ))
})

describe('all of them', () => {
  const none: Check[] = []

  test('one that fails hides none of the rest', async () => {
    const account = new Account()
    const world = testWorld({ answers: { ...account.answers, GetServiceQuota: fails('Boom', 'the service is down'), GetRole: fails('Boom') } })
    world.terminal.isInteractive = false
    const verdict = await preflight(world, none)
    assert.deepEqual(verdict, { problems: 1, warnings: 3 }, world.terminal.text)
    assert.match(world.terminal.text, /warning {3}Fargate Spot quota: could not be looked at: the service is down/)
    assert.match(world.terminal.text, /ok {8}Model/)
    assert.equal(summary(verdict), '1 problem, 3 warnings: deploying would fail.')
  })

  test('without an account the rest is named and not asked for', async () => {
    const world = testWorld({ answers: { GetCallerIdentity: fails('CredentialsProviderError', 'none') } })
    assert.deepEqual(await preflight(world, none), { problems: 1, warnings: 0 })
    assert.match(world.terminal.text, /not looked at without an account: Region, CDK bootstrap/)
    assert.deepEqual(world.calls.map(({ name }) => name), ['GetCallerIdentity'])
  })

  test('what may be mended is mended with consent, and looked at again', async () => {
    const account = new Account()
    const bootstrap = () => {
      account.parameters.set('/cdk-bootstrap/hnb659fds/version', { value: '28', type: 'String', at: new Date(0) })
    }
    const world = testWorld({ answers: account.answers, programs: { 'cdk bootstrap': bootstrap }, typed: ['y'] })
    assert.deepEqual(await preflight(world, none), { problems: 0, warnings: 0 })
    assert.deepEqual(world.shell.ran, ['infra/node_modules/.bin/cdk bootstrap aws://123456789012/us-east-1'])
  })

  test('what cannot be mended stays a problem, and the rest is looked at', async () => {
    const world = testWorld({ answers: new Account().answers, programs: { 'cdk bootstrap': failing('AccessDenied') }, typed: ['y'] })
    assert.deepEqual(await preflight(world, none), { problems: 1, warnings: 0 })
    assert.match(world.terminal.text, /That did not work: [\s\S]*AccessDenied[\s\S]*ok {8}Secrets/)
  })

  test('and not without', async () => {
    const world = testWorld({ answers: new Account().answers, typed: ['n'] })
    assert.deepEqual(await preflight(world, none), { problems: 1, warnings: 0 })
    assert.deepEqual(world.shell.ran, [])
  })
})
