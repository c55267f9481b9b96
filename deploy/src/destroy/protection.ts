/** Tables, bucket and users are protected against deletion by their templates, so a template takes that away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cdk } from '../cdk.ts'
import { LAMBDAS } from '../deploy/build.ts'
import { stackOf } from '../stacks.ts'
import type { World } from '../world.ts'

export async function unprotect(world: World, stacks: string[]): Promise<string> {
  const wanted = [world.deployment.stack('storage'), world.deployment.stack('identity')].filter((stack) => stacks.includes(stack))
  if (wanted.length === 0) return 'nothing is left that was protected'
  const lambdaDir = placeholders()
  try {
    const cdk = new Cdk(world, 'destroy', { destroyData: 'true', lambdaDir })
    await cdk.synth()
    await cdk.deploy(wanted, '--exclusively')
  } finally {
    rmSync(lambdaDir, { recursive: true, force: true })
  }
  return `${wanted.join(' and ')} may be deleted with what is in them`
}

/** The app wants to see its Lambdas, though none of them is deployed here. */
function placeholders(): string {
  const folder = mkdtempSync(join(tmpdir(), 'no-lambdas-'))
  for (const crate of LAMBDAS) {
    mkdirSync(join(folder, crate))
    writeFileSync(join(folder, crate, 'bootstrap'), '')
  }
  return folder
}

/** Its name is CloudFormation's choice; the stack's output says it. */
export async function pageBucket({ aws, deployment }: World): Promise<string | undefined> {
  const stack = await stackOf(aws, deployment.stack('web'))
  return stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'Files')?.OutputValue
}
