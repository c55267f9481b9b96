import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sizeOf } from '../lib/compute/deployment.ts'
import { OPTION_NAMES, readOptions, UnusableOption } from '../lib/options/index.ts'
import { makeApp, type Context } from './templates.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** Each wrong value, and a part of the sentence that refuses it. */
const REFUSED: readonly [Context, string][] = [
  [{ name: 'My-Claw' }, 'The option name is "My-Claw"; it must be 2 to 20 lower case letters'],
  [{ name: 'a-name-that-is-too-long' }, '2 to 20'],
  [{ name: 'my-aws-claw' }, 'without aws, amazon and cognito'],
  [{ region: 'mars' }, 'a region such as us-east-1'],
  [{ network: 'private' }, 'one of public-ipv4, ipv6-only'],
  [{ taskCpu: '300' }, 'one of 256, 512, 1024, 2048, 4096, 8192, 16384'],
  [{ taskCpu: '512', taskMemory: '512' }, 'from 1024 to 4096 in steps of 1024, which is what Fargate has with taskCpu 512'],
  [{ taskCpu: '256', taskMemory: '1536' }, '512, 1024 or 2048'],
  [{ capacity: 'on-demand' }, 'one of spot, spot-then-on-demand'],
  [{ idleSeconds: '10' }, 'a whole number from 60 to 86400'],
  [{ idleSeconds: '900', idleMaxSeconds: '600' }, 'at least idleSeconds, 900'],
  [{ timeZone: 'Mars/Olympus' }, 'a name of the IANA time zone database'],
  [{ spendCapDollars: '-1' }, 'US dollars from 0 to 10000'],
  [{ prewarmSpares: '101' }, 'a whole number from 0 to 100'],
  [{ prewarmWindows: 'office hours' }, 'Mon-Fri 08:00-18:00'],
  [{ prewarmTimeZone: 'CEST!' }, 'IANA'],
  [{ prewarmSpareMinutes: '5' }, 'from 10 to 1440'],
  [{ modelProvider: 'copilot' }, 'one of bedrock, anthropic, openai, openrouter, gemini'],
  [{ model: 'a model' }, "a model's name as its provider writes it"],
  [{ contextWindow: '1' }, 'from 8000 to 2000000'],
  [{ maxTokens: 'many' }, 'from 256 to 200000'],
  [{ offeredModels: 'one,two!' }, "a model's name"],
  [{ modelInputDollars: '-1' }, 'US dollars'],
  [{ domain: 'localhost' }, 'a domain name in lower case'],
  [{ domain: 'chat.example.com' }, 'it needs certificateArn'],
  [{ certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/1' }, 'us-east-1'],
  [{ hostedZoneId: 'Z0123456789ABC' }, 'the option domain is not set'],
  [{ monitoring: 'some' }, 'one of none, alarms, full'],
  [{ alarmEmail: 'me' }, 'an e-mail address'],
  [{ budgetDollars: '5' }, 'it needs alarmEmail'],
  [{ budgetDollars: '5.5', alarmEmail: 'a@example.com' }, 'a whole number'],
  [{ webSocketLogs: 'yes' }, 'one of own-role, account-role, off'],
  [{ watchdogMinutes: '6' }, 'a whole number from 1 to 5'],
  [{ telegram: 'maybe' }, 'one of on, off, true, false'],
  [{ telegramAllowedIds: '12' }, 'empty while telegram is off'],
  [{ telegram: 'on', telegramAllowedIds: '@ana' }, 'numbers of people in Telegram'],
  [{ conversationDays: '0' }, 'from 1 to 3650'],
  [{ logDays: '10' }, 'one of 1, 3, 5, 7, 14'],
  [{ imagesKept: '2' }, 'a whole number from 3 to 1000'],
  [{ snapshotKey: 'file' }, 'one of parameter, kms'],
  [{ selfSignUp: '2' }, 'on, off'],
  [{ destroyData: 'all' }, 'on, off'],
  [{ imageDigest: 'latest' }, 'sha256: and 64 hexadecimal digits'],
  [{ version: 'v 1' }, 'a version of letters'],
  [{ taskCPU: '512' }, 'There is no option taskCPU. The options are name, region,'],
]

for (const [context, sentence] of REFUSED) {
  test(`${JSON.stringify(context)} is refused in words`, () => {
    assert.throws(() => readOptions(context), (error: Error) => error instanceof UnusableOption && error.message.includes(sentence))
  })
}

test('every option but those that any text is good for has a value that is refused', () => {
  const tried = new Set(REFUSED.flatMap(([context]) => Object.keys(context)))
  assert.deepEqual(OPTION_NAMES.filter((name) => !tried.has(name)), ['modelOutputDollars', 'lambdaDir'])
})

test('without a word there are the defaults, and they cost nothing asleep', () => {
  const { name, network, task, prewarm, watch, telegram, selfSignUp, destroyData, snapshotKey } = readOptions({})
  assert.deepEqual([name, network, task.cpu, task.memory, task.capacity], ['openclaw', 'public-ipv4', 512, 2048, 'spot-then-on-demand'])
  assert.deepEqual([prewarm.spares, watch.monitoring, watch.budgetDollars], [0, 'alarms', 0])
  assert.deepEqual([telegram, selfSignUp, destroyData, snapshotKey], [false, false, false, 'parameter'])
})

test('what the command line gives as text and cdk.json as values is the same', () => {
  const text = readOptions({ taskCpu: '1024', telegram: 'true', telegramAllowedIds: '1, 2' })
  assert.deepEqual(readOptions({ taskCpu: 1024, telegram: true, telegramAllowedIds: ['1', '2'] }), text)
})

test('the CDK\'s own context is left alone', () => {
  assert.equal(readOptions({ '@aws-cdk/core:x': true, 'aws:cdk:bundling-stacks': ['**'], 'availability-zones:account=1:region=x': [] }).name, 'openclaw')
})

test('README explains each option, and no other', () => {
  const explained = [...README.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(explained.toSorted(), [...OPTION_NAMES].toSorted())
})

test('a function without its program is refused with what to do', () => {
  assert.throws(() => makeApp({ lambdaDir: '/nowhere' }), /There is no program of the function ws-connect at \/nowhere\/ws-connect\/bootstrap\. Build all of them with "cargo lambda build --release --arm64"/)
})

test('what is put into a parameter is measured with references at their longest', () => {
  assert.equal(sizeOf({ a: 'bc' }), JSON.stringify({ a: 'bc' }).length + 1)
  assert.ok(sizeOf({ a: { 'Fn::Join': ['', ['x', { Ref: 'Y' }]] } }) > 100)
  assert.ok(sizeOf({ a: 'x'.repeat(5_000) }) > 4_096, 'too much is seen')
})
