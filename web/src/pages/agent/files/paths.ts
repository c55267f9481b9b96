/** Places in the workspace, and names in it as they may be shown. */

/** A path to send to is part of a key in the store, which has 1,024 bytes for all of it. */
const PATH_BYTES = 900
const NAME_BYTES = 255

export interface Crumb {
  name: string
  path: string
}

export const partsOf = (path: string): string[] => path.split('/').filter((name) => name !== '')

export const inside = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`)

/** Every folder on the way, the last one included. */
export const crumbsOf = (path: string): Crumb[] =>
  partsOf(path).map((name, at, names) => ({ name, path: names.slice(0, at + 1).join('/') }))

/** Control characters, and those that turn the direction of what stands beside them. */
const UNSHOWN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** A name cannot pass for another: `invoice\u202Egpj.exe` is not shown as a picture. */
export const shownName = (name: string): string => name.replaceAll(UNSHOWN, '\ufffd')

const bytes = (text: string): number => new TextEncoder().encode(text).length

export function pathProblem(folder: string, name: string): 'badName' | 'tooDeep' | null {
  if (name === '' || name === '.' || name === '..' || /[/\p{Cc}]/u.test(name)) return 'badName'
  return bytes(name) > NAME_BYTES || bytes(inside(folder, name)) > PATH_BYTES ? 'tooDeep' : null
}
