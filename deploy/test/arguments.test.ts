import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readArguments } from '../src/arguments.ts'
import { Deployment } from '../src/deployment.ts'
import { Refusal } from '../src/errors.ts'
import { choose, contextArguments, readContext, splitContext } from '../src/options.ts'
import { folder } from './world.ts'

const refuses = (words: RegExp, run: () => unknown) =>
  assert.throws(run, (error) => error instanceof Refusal && words.test(error.message))

describe('arguments', () => {
  test('defaults', () => {
    const { command, name, share, yes } = readArguments(['deploy'])
    assert.deepEqual({ command, name, share, yes }, { command: 'deploy', name: 'openclaw', share: 25, yes: false })
  })
  test('none', () => refuses(/What is to be done/, () => readArguments([])))
  test('an unknown one', () => refuses(/--force/, () => readArguments(['deploy', '--force'])))
  test('a secret behind the command', () => refuses(/never as an argument/, () => readArguments(['secrets', 'sk-x'])))
  test('what is for the operator\'s tool is passed on', () => {
    const { command, name, rest } = readArguments(['ops', '--name', 'family', '--', 'user', 'show', '--json'])
    assert.deepEqual({ command, name, rest }, { command: 'ops', name: 'family', rest: ['user', 'show', '--json'] })
  })
  for (const share of ['0', '101', '2.5', 'half', '']) {
    test(`SHARE=${share}`, () => refuses(/1 to 100/, () => readArguments(['deploy', '--share', share])))
  }
})

describe('names', () => {
  for (const name of ['', 'A', 'a', '1abc', 'with_underscore', 'ends-', 'x'.repeat(21)]) {
    test(`NAME=${name}`, () => refuses(/is no deployment's name/, () => new Deployment(name, 'us-east-1')))
  }
  test('no region', () => refuses(/Which region/, () => new Deployment('openclaw', '')))
  test('a wrong one', () => refuses(/is no region/, () => new Deployment('openclaw', 'mars')))
  test('all that is named after it', () => {
    const it = new Deployment('family', 'eu-west-1')
    assert.equal(it.stack('api'), 'family-api')
    assert.equal(it.secretParameter('model-key'), '/family/model-key')
    assert.equal(it.dataBucket('1'), 'family-data-1-eu-west-1')
  })
})

describe('options', () => {
  const withFile = (text: string, then: (root: string) => void) => {
    const { root, remove } = folder([])
    try {
      mkdirSync(`${root}/deployments`)
      writeFileSync(`${root}/deployments/family.json`, text)
      then(root)
    } finally {
      remove()
    }
  }
  test('none', () => assert.deepEqual(readContext('/nowhere', 'family'), {}))
  test('are passed on as the CDK takes them', () =>
    withFile('{"network":"ipv6-only","budgetDollars":5,"telegramAllowedIds":[1,2]}', (root) => {
      assert.deepEqual(contextArguments(readContext(root, 'family')), [
        '-c', 'network=ipv6-only', '-c', 'budgetDollars=5', '-c', 'telegramAllowedIds=1,2',
      ])
    }))
  for (const [text, words] of [
    ['{', /is not JSON/],
    ['[]', /one object/],
    ['{"modelKey":"x"}', /Secrets do not belong there/],
    ['{"name":"other"}', /the file's own name/],
    ['{"domain":{}}', /must be a text/],
  ] as const) {
    test(`${text} is refused`, () => withFile(text, (root) => refuses(words, () => readContext(root, 'family'))))
  }
  test('packages of the image are none of the stacks\'', () =>
    assert.deepEqual(splitContext('family', { agentPackages: 'git,python3', network: 'ipv6-only' }), {
      agentPackages: 'git python3',
      context: { network: 'ipv6-only' },
    }))
  test('packages that are none', () => refuses(/names of Debian packages/, () => splitContext('family', { agentPackages: '$(id)' })))
  test("a wrong value is refused with the app's own sentence", () =>
    refuses(/deployments\/family\.json: The option network is "wifi"/, () => choose('family', 'us-east-1', { network: 'wifi' })))
  test('a name that Cognito keeps for itself', () => refuses(/without aws/, () => choose('my-aws', 'us-east-1', {})))
})
