import assert from 'node:assert/strict'
import type { Json, Templates } from '../templates.ts'
import { every, type Promise } from './promise.ts'
import { sure } from '../sure.ts'

const definition = (all: Templates) => all.one('AWS::ECS::TaskDefinition')
const container = (all: Templates): Json => definition(all).properties.ContainerDefinitions[0]
const cluster = (all: Templates) => all.one('AWS::ECS::Cluster').properties

const parameter = (all: Templates, name: string) => all.all('AWS::SSM::Parameter').find(({ properties }) => properties.Name === `/openclaw/${name}`)!.properties
const said = (all: Templates, name: string): Json => JSON.parse(all.said(parameter(all, name).Value))

/** Agreed with whoever reads it: crates/ops, deploy/. */
const DEPLOYMENT = [
  'API_URL', 'AWS_REGION', 'DATA_BUCKET', 'DISTRIBUTION_ID', 'ECS_CLUSTER', 'ECS_TASK_DEFINITION', 'LOG_GROUP_BRIDGE', 'MODEL_PARAMETER', 'OIDC_CLIENT_ID',
  'OIDC_ISSUER', 'PAGE_URL', 'SNAPSHOT_KEY_PARAMETER', 'TABLE_CONNECTIONS', 'TABLE_CONVERSATIONS', 'TABLE_PENDING_MESSAGES', 'TABLE_SETTINGS', 'TABLE_TASK_STATE',
  'TASK_CPU', 'TASK_DEFINITION_ARN', 'TASK_MEMORY', 'TELEGRAM_SECRET_PARAMETER', 'TELEGRAM_TOKEN_PARAMETER', 'USER_POOL_ID', 'VERSION', 'WEB_BUCKET', 'WS_MANAGEMENT_URL', 'WS_URL',
]

export const COMPUTE: readonly Promise[] = [
  {
    says: 'a task runs on Fargate, on ARM64',
    holds: (all) => {
      const { properties } = definition(all)
      assert.deepEqual([properties.RuntimePlatform.CpuArchitecture, properties.RequiresCompatibilities], ['ARM64', ['FARGATE']])
    },
    breaks: (all) => { definition(all).properties.RuntimePlatform.CpuArchitecture = 'X86_64' },
  },
  {
    says: 'a task has 120 seconds to stop, and knows it',
    holds: (all) => {
      assert.equal(container(all).StopTimeout, 120)
      assert.equal(container(all).Environment.find(({ Name }: Json) => Name === 'STOP_GRACE_SECONDS').Value, '120')
    },
    breaks: (all) => { container(all).StopTimeout = 30 },
  },
  {
    says: 'a task\'s root is read-only, and it writes into two volumes',
    holds: (all) => {
      assert.equal(container(all).ReadonlyRootFilesystem, true)
      const places = container(all).MountPoints.map((mount: Json) => [mount.ContainerPath, mount.SourceVolume])
      assert.deepEqual(places, [['/var/lib/openclaw', 'state'], ['/tmp', 'tmp']])
      assert.deepEqual(definition(all).properties.Volumes.map((volume: Json) => volume.Name), ['state', 'tmp'])
      // What the bridge puts beside the agent's folder must be in the volume as well.
      assert.equal(container(all).Environment.find(({ Name }: Json) => Name === 'STATE_DIR').Value, '/var/lib/openclaw/agent')
    },
    breaks: (all) => { container(all).ReadonlyRootFilesystem = false },
  },
  {
    says: 'the image is ours, and named by digest',
    with: { imageDigest: `sha256:${'a1'.repeat(32)}` },
    holds: (all) => assert.match(all.said(container(all).Image), /Images(\.Arn)?.*@sha256:(a1){32}$/),
    breaks: (all) => { container(all).Image = 'openclaw:latest' },
  },
  {
    says: 'a revision stays when another one comes: a release may go back to it',
    holds: (all) => assert.equal(definition(all).whole.UpdateReplacePolicy, 'Retain'),
    breaks: (all) => { definition(all).whole.UpdateReplacePolicy = 'Delete' },
  },
  {
    says: 'the bridge is the first process, drops what it does not need, and says how it is',
    holds: (all) => {
      assert.equal(container(all).LinuxParameters.InitProcessEnabled, false)
      assert.deepEqual(container(all).LinuxParameters.Capabilities, { Drop: ['AUDIT_WRITE', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT'] })
      assert.deepEqual(container(all).HealthCheck.Command, ['CMD', '/usr/local/bin/bridge', 'health'])
    },
    breaks: (all) => { container(all).LinuxParameters.Capabilities.Drop = [] },
  },
  {
    says: 'a task listens on nothing, and nobody opens a shell in it',
    holds: (all) => {
      assert.equal(container(all).PortMappings, undefined)
      sure(!JSON.stringify(all.stacks).includes('ssmmessages:'))
    },
    breaks: (all) => { container(all).PortMappings = [{ ContainerPort: 8080 }] },
  },
  {
    says: 'no secret is in a task\'s definition: keys are parameters, by name',
    holds: (all) => {
      assert.equal(container(all).Secrets, undefined)
      const secret = container(all).Environment.filter(({ Name }: Json) => /TOKEN|SECRET|PASSWORD|(?<!SNAPSHOT)_KEY/.test(Name))
      for (const { Name, Value } of secret) sure(Name.endsWith('_PARAMETER') && /^\/openclaw\/[a-z-]+$/.test(Value), Name)
    },
    with: { telegram: 'on', modelProvider: 'openai' },
    breaks: (all) => container(all).Environment.push({ Name: 'OPENAI_API_KEY', Value: 'sk-test' }),
  },
  {
    says: 'no template has a secret parameter, and no function a secret',
    with: { telegram: 'on', modelProvider: 'openai' },
    holds: (all) => {
      every(all.all('AWS::SSM::Parameter'), ({ properties }) => assert.equal(properties.Type, 'String'))
      every(all.all('AWS::Lambda::Function'), ({ properties }) => {
        for (const [name, value] of Object.entries<Json>(properties.Environment.Variables)) {
          if (/TOKEN|SECRET|PASSWORD|API_KEY/.test(name)) assert.match(all.said(value), /^\/openclaw\/[a-z-]+$/, name)
        }
      })
      sure(!/resolve:(ssm|secretsmanager)/.test(JSON.stringify(all.stacks)))
    },
    breaks: (all) => { all.one('AWS::Lambda::Function', 'telegramwebhook').properties.Environment.Variables.TELEGRAM_TOKEN = '1:abc' },
  },
  {
    says: 'the cluster has Fargate and Fargate Spot, by their right names, and no Container Insights',
    holds: (all) => {
      assert.deepEqual(cluster(all).CapacityProviders, ['FARGATE', 'FARGATE_SPOT'])
      assert.deepEqual(cluster(all).ClusterSettings, [{ Name: 'containerInsights', Value: 'disabled' }])
    },
    breaks: (all) => { cluster(all).CapacityProviders = ['FARGATE', 'FARGATE_SPOTT'] },
  },
  {
    says: 'a launch is on Spot and then on demand, or on Spot alone if the operator says so',
    with: { capacity: 'spot' },
    holds: (all) => every(all.all('AWS::Lambda::Function').filter(({ properties }) => properties.Environment.Variables.ECS_CLUSTER), ({ properties }) =>
      assert.equal(properties.Environment.Variables.TASK_CAPACITY, 'spot')),
    breaks: (all) => { delete all.one('AWS::Lambda::Function', 'api').properties.Environment.Variables.TASK_CAPACITY },
  },
  {
    says: 'what tools must know is in one parameter',
    with: { telegram: 'on' },
    holds: (all) => {
      assert.deepEqual(Object.keys(said(all, 'deployment')).toSorted(), DEPLOYMENT)
      every(Object.values(said(all, 'deployment')), (value) => assert.equal(typeof value, 'string'))
    },
    breaks: (all) => { parameter(all, 'deployment').Value = '{}' },
  },
  {
    says: 'the page\'s configuration is what the page reads',
    holds: (all) => {
      const config = said(all, 'page')
      assert.deepEqual(Object.keys(config).toSorted(), ['api', 'clientId', 'demo', 'issuer', 'model', 'ws'])
      assert.deepEqual([config.api, config.ws], ['https://PageDistribution.DomainName/api', 'wss://WebSocketApi.execute-api.{region}.amazonaws.com/ws'])
    },
    breaks: (all) => { parameter(all, 'page').Value = '{"api":"/api"}' },
  },
  {
    says: 'the model\'s parameter names a key and has none, and Bedrock needs none',
    with: { modelProvider: 'anthropic', offeredModels: 'claude-haiku-4-5' },
    holds: (all) => {
      const model = said(all, 'model')
      assert.deepEqual([model.apiKey, model.apiKeyParameter, model.auth, model.api], [undefined, '/openclaw/model-key', 'key', 'anthropic-messages'])
      assert.deepEqual(model.alternatives.map((one: Json) => one.model), ['claude-haiku-4-5'])
    },
    breaks: (all) => { parameter(all, 'model').Value = '{"api":"anthropic-messages","auth":"key","apiKey":"sk-ant-1","alternatives":[]}' },
  },
]
