/** One deployment: its name, where it is, and what is called how because of it. */
import { Refusal } from './errors.ts'

/** As the CDK app has it (infra/lib/options): it is part of almost every resource's name. */
const NAME = /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d$/

/** In the order in which they are deployed; gone in the opposite one. */
export const STACKS = ['network', 'web', 'storage', 'identity', 'compute', 'api', 'monitoring'] as const
export type StackKind = (typeof STACKS)[number]

export class Deployment {
  readonly name: string
  readonly region: string

  constructor(name: string, region: string) {
    if (!NAME.test(name)) {
      throw new Refusal(`NAME=${name} is no deployment's name: 2 to 20 lower case letters, digits and "-", with a letter first.`)
    }
    if (!REGION.test(region)) {
      throw new Refusal(
        region
          ? `"${region}" is no region: they are written like us-east-1.`
          : `Which region? Say REGION=us-east-1, or set AWS_REGION, or "region" in deployments/${name}.json.`,
      )
    }
    this.name = name
    this.region = region
  }

  stack(kind: StackKind): string {
    return `${this.name}-${kind}`
  }

  get stacks(): string[] {
    return STACKS.map((kind) => this.stack(kind))
  }

  /** What the CDK app writes of itself, as the environment variables that our programs read. */
  get descriptionParameter(): string {
    return `/${this.name}/deployment`
  }

  /** `config.json`, as the page reads it. */
  get pageParameter(): string {
    return `/${this.name}/page`
  }

  /** Of images. */
  get repository(): string {
    return this.name
  }

  /** Of texts, uploads and snapshots. */
  dataBucket(account: string): string {
    return `${this.name}-data-${account}-${this.region}`
  }

  secretParameter(kind: string): string {
    return `/${this.name}/${kind}`
  }
}
