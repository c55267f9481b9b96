import assert from 'node:assert/strict'
import { test } from 'node:test'
import { list, policies, statements } from './policies.ts'
import { PORTS } from './ports.ts'
import { templates } from './templates.ts'
import { sure } from './sure.ts'

const EVERYTHING = { telegram: 'on', prewarmSpares: '1', modelProvider: 'anthropic', snapshotKey: 'kms' }

test('each role may do what its ports need, and nothing else', () => {
  const may = policies(templates(EVERYTHING))
  assert.deepEqual(Object.keys(may).toSorted(), Object.keys(PORTS).toSorted())
  for (const [role, lines] of Object.entries(PORTS)) assert.deepEqual(may[role], lines, `of ${role}`)
})

test('a grant more is seen', () => {
  const changed = templates(EVERYTHING)
  statements(changed.one('AWS::IAM::Policy', 'wsconnectRole'))[0].Action.push('dynamodb:Scan')
  assert.notDeepEqual(policies(changed), PORTS)
})

test('without Telegram and spares nobody reads their secrets, and nobody asks for spares', () => {
  const may = policies(templates({ modelProvider: 'bedrock' }))
  const said = JSON.stringify(may)
  for (const word of ['telegram', 'model-key']) sure(!said.includes(word), word)
  sure(!may['wsmessage']!.some((line) => line.includes('due-index')))
  sure(may['Task']!.includes('bedrock:{region}::foundation-model/openai.gpt-oss-120b-1:0: bedrock:InvokeModel bedrock:InvokeModelWithResponseStream'))
})

test('by default the key of the snapshots is a parameter, which the bridge and the API read', () => {
  const may = policies(templates())
  const readers = Object.keys(may).filter((role) => may[role]!.includes('ssm:parameter/openclaw/snapshot-key: ssm:GetParameter'))
  assert.deepEqual(readers.toSorted(), ['Task', 'api'])
  assert.doesNotMatch(JSON.stringify(may), /kms:Encrypt\b/)
})

/** AWS has no resources for these. */
const FOR_NOTHING_IN_PARTICULAR = new Set(['ecr:GetAuthorizationToken', 'ecs:ListTasks'])

test('no star stands for an action, nor for all of what is somebody\'s', () => {
  for (const context of [{}, EVERYTHING, { network: 'ipv6-only', monitoring: 'full', alarmEmail: 'a@b.example' }]) {
    const all = templates(context)
    const allowed = all.all('AWS::IAM::Policy').flatMap(statements).filter(({ Effect }) => Effect === 'Allow')
    sure(allowed.length > 30)
    for (const { Action, Resource } of allowed) {
      for (const action of list<string>(Action)) {
        sure(!action.includes('*'), action)
        const star = list(Resource).some((resource) => all.said(resource) === '*')
        assert.equal(star, FOR_NOTHING_IN_PARTICULAR.has(action), action)
      }
    }
  }
})

test('of what lies in a bucket or a table a grant names the folder, the table or the index', () => {
  const all = templates(EVERYTHING)
  for (const policy of all.all('AWS::IAM::Policy')) {
    for (const { Action, Resource } of statements(policy)) {
      for (const action of list<string>(Action).filter((one) => /^(dynamodb|s3):/.test(one))) {
        for (const resource of list(Resource).map((one) => all.said(one))) {
          assert.match(resource, action.startsWith('s3:') ? /^DataBucket\.Arn(\/[a-z-]+\/\*)?$/ : /^[A-Z]\w+\.Arn(\/index\/[a-zA-Z-]+)?$/)
        }
      }
    }
  }
})
