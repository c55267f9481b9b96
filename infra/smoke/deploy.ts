/** All stacks, in the order in which they need one another, by CloudFormation itself: no bootstrap and no assets. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { readOptions } from '../lib/options/index.ts'
import { describeService } from '../lib/service.ts'
import { fit } from './fit.ts'
import { type Json, type Ministack, within } from './ministack.ts'

const CODE = 'smoke-code'
const CREATED_WITHIN_MILLIS = 60_000

export const CRATES = ['ws-connect', 'ws-message', 'ws-disconnect', 'api', 'watchdog', 'scheduled-message', 'telegram-webhook', 'prewarm']

/** Everything that calls a function. */
const OPTIONS = { telegram: 'on', prewarmSpares: '1' }

/** The programs that are not there. */
export function missing(binaries: string): string[] {
  return CRATES.filter((crate) => !existsSync(join(binaries, crate)))
}

/** A zip for each function: a line that becomes the real program, so that nothing of a hundred megabytes is packed. */
export async function uploadPrograms(ministack: Ministack, python: string, binaries: string, home: string): Promise<void> {
  await ministack.put(`/${CODE}`)
  for (const crate of CRATES) {
    const folder = join(home, crate)
    mkdirSync(folder)
    writeFileSync(join(folder, 'bootstrap'), `#!/bin/sh\nexec '${join(binaries, crate)}'\n`, { mode: 0o755 })
    execFileSync(python, ['-m', 'zipfile', '-c', join(home, `${crate}.zip`), join(folder, 'bootstrap')])
    await ministack.put(`/${CODE}/${crate}.zip`, readFileSync(join(home, `${crate}.zip`)))
  }
}

export async function deployAll(ministack: Ministack, placeholders: string, home: string): Promise<number> {
  const context = { '@aws-cdk/core:defaultCrossStackReferences': 'strong' }
  const app = new App({ outdir: join(home, 'cdk.out'), analyticsReporting: false, treeMetadata: false, builtinCloudFormationValidation: false, context })
  describeService(app, readOptions({ ...OPTIONS, lambdaDir: placeholders }))
  let resources = 0
  for (const { stackName, template } of app.synth().stacks) {
    const fitted = fit(structuredClone(template), ministack.url, CODE)
    resources += Object.keys(fitted.Resources).length
    await create(ministack, stackName, fitted)
  }
  return resources
}

async function create(ministack: Ministack, name: string, template: Json): Promise<void> {
  const key = `/${CODE}/${name}.template.json`
  await ministack.put(key, JSON.stringify(template))
  await ministack.form('cloudformation', { Action: 'CreateStack', Version: '2010-05-15', StackName: name, TemplateURL: ministack.url + key, 'Capabilities.member.1': 'CAPABILITY_IAM' })
  await within(CREATED_WITHIN_MILLIS, `${name} is created`, async () => {
    const said = await ministack.form('cloudformation', { Action: 'DescribeStacks', Version: '2010-05-15', StackName: name })
    const status = /<StackStatus>(\w+)</.exec(said)?.[1]
    if (status === 'CREATE_COMPLETE') return true
    if (status === 'CREATE_IN_PROGRESS') return undefined
    throw new Error(`${name} is ${status}: ${await reasons(ministack, name)}`)
  })
}

async function reasons(ministack: Ministack, name: string): Promise<string> {
  const events = await ministack.form('cloudformation', { Action: 'DescribeStackEvents', Version: '2010-05-15', StackName: name })
  return [...events.matchAll(/<ResourceStatusReason>([^<]+)</g)].map(([, reason]) => reason).join('; ')
}
