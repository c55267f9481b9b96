/** A skill as it is sent: what may be, and the one that the page writes itself. */

export const SKILL_BYTES = 4 * 1_048_576
export const SKILLS = 50
export const DESCRIPTION_CHARS = 1024

export interface WrittenSkill {
  name: string
  description: string
  instructions: string
}

export const isSkillName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,63}$/.test(name)

/** Counted as the server does: by characters, not by halves of them. */
export const isDescription = (text: string): boolean => {
  const length = [...oneLine(text)].length
  return length > 0 && length <= DESCRIPTION_CHARS
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** The description in quotes, so that nothing in it is taken for YAML. */
export const skillDocument = ({ name, description, instructions }: WrittenSkill): string =>
  `---\nname: ${name}\ndescription: ${JSON.stringify(oneLine(description))}\n---\n\n${instructions.trim()}\n`

/** By its name: browsers know neither type reliably. Null: it is no skill. */
export function skillType(name: string): 'application/zip' | 'text/markdown' | null {
  if (/\.(zip|skill)$/i.test(name)) return 'application/zip'
  return /\.(md|markdown)$/i.test(name) ? 'text/markdown' : null
}
