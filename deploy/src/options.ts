/**
 * The operator's choices for a deployment, kept in `deployments/<name>.json`, so that the next deploy is made with the
 * same ones. They are the CDK app's context options; it is that app's own code that reads and refuses them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOptions, type Options as Chosen } from '../../infra/lib/options/index.ts'
import { Refusal, reason } from './errors.ts'

export type { Chosen }
/** As they stand in the file, all of them text. */
export type Context = Record<string, string>

/** Not of the stacks but of the image, so the CDK app does not know it. */
const PACKAGES_KEY = 'agentPackages'
const PACKAGES = /^[a-z0-9][a-z0-9.+ -]*$/

export function splitContext(name: string, all: Context): { context: Context; agentPackages: string } {
  const { [PACKAGES_KEY]: given = '', ...context } = all
  const agentPackages = given.replaceAll(',', ' ').trim()
  if (agentPackages !== '' && !PACKAGES.test(agentPackages)) {
    throw new Refusal(`deployments/${name}.json: "${PACKAGES_KEY}" must be names of Debian packages, such as "git python3".`)
  }
  return { context, agentPackages }
}

const SECRET = /key$|token$|secret$|password/i

export function readContext(root: string, name: string): Context {
  const file = join(root, 'deployments', `${name}.json`)
  if (!existsSync(file)) return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Refusal(`deployments/${name}.json is not JSON: ${reason(error)}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Refusal(`deployments/${name}.json must be one object of options, such as {"network": "ipv6-only"}.`)
  }
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, oneValue(name, key, value)]))
}

function oneValue(name: string, key: string, value: unknown): string {
  const file = `deployments/${name}.json`
  if (SECRET.test(key)) throw new Refusal(`${file} names "${key}". Secrets do not belong there: \`make secrets NAME=${name}\` keeps them.`)
  if (key === 'name') throw new Refusal(`${file} sets "name", which the file's own name says.`)
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value)
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(',')
  throw new Refusal(`${file}: "${key}" must be a text, a number, true or false, or a list of those.`)
}

export function choose(name: string, region: string, context: Context): Chosen {
  try {
    return readOptions({ ...context, name, region })
  } catch (error) {
    throw new Refusal(`deployments/${name}.json: ${reason(error)}`)
  }
}

/** As the CDK's command line takes them. */
export const contextArguments = (context: Context): string[] =>
  Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`])
