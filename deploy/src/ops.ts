/** The operator's tool, built from this checkout. It takes credentials by environment only. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from './errors.ts'
import type { RunOptions } from './shell.ts'
import type { World } from './world.ts'

export const OPS = 'target/release/ops'

/** `settings`: beside what the deployment says of itself, and before it. */
export async function runOps(world: World, args: string[], settings: Record<string, string> = {}): Promise<void> {
  const { command, options } = await call(world, args, settings)
  await world.shell.run(command, options)
}

/** Its answer with `--json`. */
export async function askOps<T>(world: World, args: string[]): Promise<T> {
  const { command, options } = await call(world, [...args, '--json'])
  return JSON.parse(await world.shell.read(command, options)) as T
}

async function call(world: World, args: string[], settings: Record<string, string> = {}): Promise<{ command: string[]; options: RunOptions }> {
  const program = join(world.root, OPS)
  if (!existsSync(program)) throw new Refusal(`${OPS} is not built. Build it: cargo build --locked --release -p ops`)
  const env = { AWS_REGION: world.deployment.region, ...settings, ...(await world.credentials()) }
  return { command: [program, '--deployment', world.deployment.name, ...args], options: { env } }
}
