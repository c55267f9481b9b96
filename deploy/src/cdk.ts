/** The CDK's command line, pinned in infra/. What it showed is what it deploys: both work on one synthesised folder. */
import { join } from 'node:path'
import { contextArguments, type Context } from './options.ts'
import type { World } from './world.ts'

/** Relative to infra/. */
const assembly = (name: string, of: string): string => join('..', 'target', 'cdk', `${name}-${of}`)

export class Cdk {
  readonly #world: World
  readonly #folder: string
  readonly #context: Context

  /** `of`: what it is synthesised for, so that one does not overwrite the other. */
  constructor(world: World, of: string, more: Context = {}) {
    this.#world = world
    this.#folder = assembly(world.deployment.name, of)
    const { name, region } = world.deployment
    this.#context = { ...world.context, ...more, name, region }
  }

  async synth(): Promise<void> {
    await this.#cdk(['synth', '--quiet', '--output', this.#folder, ...contextArguments(this.#context)])
  }

  async diff(): Promise<void> {
    await this.#cdk(['diff', '--all', '--app', this.#folder])
  }

  /** All of them, or those that are named and what they need. */
  async deploy(stacks: string[] = ['--all'], ...more: string[]): Promise<void> {
    const approval = ['--require-approval', 'never']
    await this.#cdk(['deploy', ...stacks, '--app', this.#folder, ...approval, '--progress', 'events', ...more])
  }

  #cdk(args: string[]): Promise<void> {
    const { shell, root, deployment } = this.#world
    const env = { AWS_REGION: deployment.region, CDK_DISABLE_VERSION_CHECK: '1' }
    return shell.run(['npx', '--no-install', 'cdk', ...args], { cwd: join(root, 'infra'), env })
  }
}
