/** What is deployed: the checkout's version, and the name of an image with these contents. */
import { createHash } from 'node:crypto'
import { Refusal } from '../errors.ts'
import type { World } from '../world.ts'

/** Everything that the image is made of. A change of anything else needs no new one. */
const IMAGE_SOURCES = ['container', 'crates', 'Cargo.toml', 'Cargo.lock', '.cargo']

export async function versionOf({ shell, root }: World): Promise<string> {
  try {
    return (await shell.read(['git', 'describe', '--tags', '--always', '--dirty'], { cwd: root })).trim()
  } catch (error) {
    throw new Refusal(`This folder is no git checkout, so nobody could say later what was deployed. ${String(error)}`)
  }
}

/**
 * Tags in our repository never change. The same sources get the same tag, so their image is built once; sources that are
 * not committed get a new one each time.
 */
export async function imageTag(world: World, anew: boolean): Promise<string> {
  const { shell, root } = world
  const tree = await shell.read(['git', 'ls-tree', '-r', 'HEAD', '--', ...IMAGE_SOURCES], { cwd: root })
  const changes = await shell.read(['git', 'status', '--porcelain', '--', ...IMAGE_SOURCES], { cwd: root })
  const hash = createHash('sha256').update(`${tree}\n${world.agentPackages}`).digest('hex').slice(0, 12)
  if (changes.trim() === '' && !anew) return hash
  return `${hash}-${world.now().toISOString().slice(0, 19).replace(/\D/g, '')}`
}
