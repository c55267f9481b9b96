/** The synthesised templates, with what a test asks of them. Resources are the templates' own objects: who changes one changes the template. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { App } from 'aws-cdk-lib'
import { readOptions } from '../lib/options/index.ts'
import { describeService } from '../lib/service.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CDK_JSON = JSON.parse(readFileSync(join(HERE, '../cdk.json'), 'utf8')) as { context: Record<string, unknown> }

/** CloudFormation's own, which has no type. */
export type Json = any

export interface Resource {
  readonly id: string
  readonly stack: string
  readonly type: string
  readonly properties: Json
  readonly whole: Json
}

export interface Template {
  Resources: Record<string, Json>
  Outputs?: Record<string, Json>
}

export type Context = Record<string, unknown>

export const PLACEHOLDERS = join(HERE, 'placeholders')

export function makeApp(context: Context, more: { outdir?: string } = {}): App {
  const app = new App({
    analyticsReporting: false, treeMetadata: false, builtinCloudFormationValidation: false,
    // What a plugin finds is for the test to judge.
    context: { ...CDK_JSON.context, '@aws-cdk/core:failSynthOnValidationErrors': false }, ...(more.outdir && { outdir: more.outdir }),
  })
  describeService(app, readOptions({ lambdaDir: PLACEHOLDERS, ...context }))
  return app
}

export class Templates {
  /** By the part of the stack's name after the deployment's. */
  readonly stacks: Readonly<Record<string, Template>>

  constructor(stacks: Record<string, Template>) {
    this.stacks = stacks
  }

  copy(): Templates {
    return new Templates(structuredClone(this.stacks))
  }

  all(type?: string): Resource[] {
    return Object.entries(this.stacks).flatMap(([stack, { Resources }]) =>
      Object.entries(Resources)
        .filter(([, whole]) => type === undefined || whole.Type === type)
        .map(([id, whole]) => ({ id, stack, type: whole.Type as string, properties: whole.Properties ?? {}, whole })),
    )
  }

  /** The one whose logical id begins so. */
  one(type: string, begins = ''): Resource {
    const found = this.all(type).filter(({ id }) => id.startsWith(begins))
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} begin with "${begins}"`)
    return found[0]!
  }

  add(stack: string, id: string, type: string, properties: Json = {}): void {
    this.stacks[stack]!.Resources[id] = { Type: type, Properties: properties }
  }

  remove({ stack, id }: Resource): void {
    delete this.stacks[stack]!.Resources[id]
  }

  /**
   * An expression as a reader would say it: `{region}` for what AWS fills in, `TaskState.Arn` for what another resource has, in
   * whatever stack, with the hash taken from its id.
   */
  said(value: Json): string {
    if (typeof value !== 'object' || value === null) return String(value)
    const [[name, of]] = Object.entries(value) as [[string, Json]]
    switch (name) {
      case 'Ref':
        return PSEUDO[of as string] ?? plain(of)
      case 'Fn::GetAtt':
        return `${plain(of[0])}.${of[1]}`
      case 'Fn::Join':
        return of[1].map((part: Json) => this.said(part)).join(of[0])
      case 'Fn::ImportValue':
        return this.said(this.#exported(of))
      case 'Fn::Sub':
        return of.replace(/\$\{([^}]+)\}/g, (_: string, ref: string) => PSEUDO[ref] ?? plain(ref))
      case 'Fn::Select':
        return this.#selected(of)
      default:
        return JSON.stringify(value)
    }
  }

  /** Arrays, objects and expressions in them alike. */
  resolved(value: Json): Json {
    if (Array.isArray(value)) return value.map((one) => this.resolved(one))
    if (typeof value !== 'object' || value === null) return value
    const keys = Object.keys(value)
    if (keys.length === 1 && /^(Ref|Fn::)/.test(keys[0]!)) return this.said(value)
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, this.resolved(of)]))
  }

  #selected([place, list]: [number, Json]): string {
    const split = list?.['Fn::Split']
    if (split === undefined) return JSON.stringify({ 'Fn::Select': [place, list] })
    return this.said(split[1]).split(split[0])[place] ?? `${this.said(split[1])}[${place}]`
  }

  #exported(name: string): Json {
    for (const { Outputs = {} } of Object.values(this.stacks)) {
      const found = Object.values(Outputs).find((output) => output.Export?.Name === name)
      if (found) return found.Value
    }
    throw new Error(`nobody exports ${name}`)
  }
}

const PSEUDO: Record<string, string> = { 'AWS::Region': '{region}', 'AWS::AccountId': '{account}', 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com' }

/** The CDK puts eight digits of a hash behind ids that are made of several. */
export function plain(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '')
}

const known = new Map<string, Templates>()

/** A copy of its own for everybody who asks; each set of options is synthesised once. */
export function templates(context: Context = {}): Templates {
  const key = JSON.stringify(context)
  const found = known.get(key) ?? synthesise(context)
  known.set(key, found)
  return found.copy()
}

function synthesise(context: Context): Templates {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-test-'))
  try {
    const { stacks } = makeApp(context, { outdir }).synth()
    const name = String(context['name'] ?? 'openclaw')
    return new Templates(Object.fromEntries(stacks.map((stack) => [stack.stackName.slice(name.length + 1), structuredClone(stack.template)])))
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}
