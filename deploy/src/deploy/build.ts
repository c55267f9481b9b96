/** What is built on this machine: the Lambdas for ARM64, the operator's tool, the page. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Refusal } from '../errors.ts'
import type { World } from '../world.ts'

/** Building needs no account. */
type Machine = Pick<World, 'shell' | 'root'>

export const LAMBDAS = [
  'ws-connect',
  'ws-message',
  'ws-disconnect',
  'telegram-webhook',
  'api',
  'watchdog',
  'prewarm',
  'scheduled-message',
]

/** Where the CDK app looks for them: <folder>/<crate>/bootstrap. */
const LAMBDA_FOLDER = 'target/lambda'

export const lambdaCommand = (): string[] => [
  'cargo-lambda',
  'lambda',
  'build',
  '--release',
  '--locked',
  '--arm64',
  '--lambda-dir',
  LAMBDA_FOLDER,
  ...LAMBDAS.flatMap((crate) => ['--package', crate]),
]

export async function buildLambdas({ shell, root }: Machine): Promise<string> {
  const tools = (await shell.read(['scripts/need-cargo-lambda'], { cwd: root })).trim()
  const env = { PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}` }
  await shell.run(lambdaCommand(), { cwd: root, env })
  const missing = LAMBDAS.filter((crate) => !existsSync(join(root, LAMBDA_FOLDER, crate, 'bootstrap')))
  if (missing.length > 0) throw new Refusal(`cargo-lambda ended well, but left no ${LAMBDA_FOLDER}/${missing[0]}/bootstrap`)
  return `${LAMBDAS.length} Lambdas in ${LAMBDA_FOLDER}`
}

export async function buildOps({ shell, root }: Machine): Promise<string> {
  await shell.run(['cargo', 'build', '--locked', '--release', '--package', 'ops'], { cwd: root })
  return 'target/release/ops'
}

export async function buildPage({ shell, root }: Machine): Promise<string> {
  await shell.run(['make', '--no-print-directory', 'web/dist/index.html'], { cwd: root })
  return 'web/dist'
}
