/**
 * What an operator may choose, from the CDK's context. README.md has the same list with prices; a test compares
 * them. Nothing here asks AWS anything, so that a synth works anywhere.
 */
import { type ModelOptions, readModel } from './model.ts'
import { type PageOptions, readPage } from './page.ts'
import { type Context, Reader, refuse, UnusableOption } from './read.ts'
import { type PrewarmOptions, readPrewarm, readTask, type TaskOptions } from './task.ts'
import { readWatch, type WatchOptions } from './watch.ts'

export { UnusableOption } from './read.ts'

export interface Options {
  /** Of the deployment: stacks and everything in them begin with it. */
  readonly name: string
  /** `undefined`: whatever the credentials say at deployment. */
  readonly region: string | undefined
  readonly network: 'public-ipv4' | 'ipv6-only'
  readonly task: TaskOptions
  readonly prewarm: PrewarmOptions
  readonly model: ModelOptions
  readonly page: PageOptions
  readonly watch: WatchOptions
  readonly telegram: boolean
  readonly telegramAllowedIds: readonly string[]
  readonly conversationDays: number
  readonly logDays: number
  readonly imagesKept: number
  readonly snapshotKey: 'parameter' | 'kms'
  readonly selfSignUp: boolean
  /** Only with this do tables, bucket, users and keys go with their stacks. */
  readonly destroyData: boolean
  readonly imageDigest: string
  readonly lambdaDir: string
  readonly version: string
}

/** CloudWatch knows only these. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653]

/** Of an image that nobody has pushed: enough to look at templates, and refused by ECR when a task starts. */
export const NO_IMAGE = `sha256:${'0'.repeat(64)}`

export const OPTION_NAMES = [
  'name', 'region', 'network', 'taskCpu', 'taskMemory', 'capacity', 'idleSeconds', 'idleMaxSeconds', 'timeZone', 'spendCapDollars',
  'prewarmSpares', 'prewarmWindows', 'prewarmTimeZone', 'prewarmSpareMinutes', 'modelProvider', 'model', 'contextWindow', 'maxTokens',
  'offeredModels', 'modelInputDollars', 'modelOutputDollars', 'domain', 'certificateArn', 'hostedZoneId', 'monitoring', 'alarmEmail', 'budgetDollars', 'webSocketLogs', 'watchdogMinutes', 'telegram',
  'telegramAllowedIds', 'conversationDays', 'logDays', 'imagesKept', 'snapshotKey', 'selfSignUp', 'destroyData', 'imageDigest', 'lambdaDir', 'version',
] as const

export function readOptions(context: Context): Options {
  refuseUnknown(context)
  const read = new Reader(context)
  const telegram = read.flag('telegram', false)
  const telegramAllowedIds = read.list('telegramAllowedIds', /^\d{1,19}$/, 'numbers of people in Telegram, between commas')
  if (telegramAllowedIds.length > 0 && !telegram) refuse('telegramAllowedIds', telegramAllowedIds, 'empty while telegram is off')
  return {
    name: nameOf(read),
    region: read.text('region', /^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as us-east-1'),
    network: read.oneOf('network', ['public-ipv4', 'ipv6-only'], 'public-ipv4'),
    task: readTask(read),
    prewarm: readPrewarm(read),
    model: readModel(read),
    page: readPage(read),
    watch: readWatch(read),
    telegram,
    telegramAllowedIds,
    conversationDays: read.number('conversationDays', 1, 3_650, 7),
    logDays: Number(read.oneOf('logDays', LOG_DAYS.map(String), '14')),
    // Three at least: the current one, the one before it, and a candidate. ECR's own limit is far above a thousand.
    imagesKept: read.number('imagesKept', 3, 1_000, 5),
    snapshotKey: read.oneOf('snapshotKey', ['parameter', 'kms'], 'parameter'),
    selfSignUp: read.flag('selfSignUp', false),
    destroyData: read.flag('destroyData', false),
    imageDigest: read.text('imageDigest', /^sha256:[0-9a-f]{64}$/, 'a digest, sha256: and 64 hexadecimal digits') ?? NO_IMAGE,
    lambdaDir: read.text('lambdaDir', /^.+$/, 'a directory') ?? '../target/lambda',
    version: read.text('version', /^[A-Za-z0-9._+-]{1,64}$/, 'a version of letters, digits, dots, + and -') ?? '0.0.0',
  }
}

function nameOf(read: Reader): string {
  const name = read.text('name', /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/, '2 to 20 lower case letters, digits and hyphens, with a letter first') ?? 'openclaw'
  // The sign-in page's address has the name in it, and Cognito refuses these words there.
  if (/aws|amazon|cognito/.test(name)) refuse('name', name, 'without aws, amazon and cognito, which Cognito keeps for itself')
  return name
}

/** The CDK's own keys have an @, a colon or "aws" in them; every other one is somebody's option. */
function refuseUnknown(context: Context): void {
  const known: ReadonlySet<string> = new Set(OPTION_NAMES)
  const odd = Object.keys(context).find((key) => !known.has(key) && !/[@:]|^aws-?cdk/i.test(key))
  if (odd !== undefined) {
    throw new UnusableOption(`There is no option ${odd}. The options are ${OPTION_NAMES.join(', ')}; infra/README.md explains them.`)
  }
}
