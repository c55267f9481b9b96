import { expect, test } from 'vitest'
import { isDescription, isSkillName, skillDocument, skillType } from './skillFile'

test('a description is quoted on one line, whatever is in it', () => {
  const written = skillDocument({ name: 'pdf', description: ' Say "hi":\n- now # \\ ', instructions: '# Steps\n1. Go\n\n' })
  expect(written).toBe('---\nname: pdf\ndescription: "Say \\"hi\\": - now # \\\\"\n---\n\n# Steps\n1. Go\n')
})

test('names are those that the server takes', () => {
  expect(['pdf', '3d', 'a-b-', 'a'.repeat(64)].filter(isSkillName)).toHaveLength(4)
  expect(['', '-a', 'A', 'a b', 'a_b', '한글', 'a'.repeat(65)].filter(isSkillName)).toEqual([])
})

test('a description is counted by characters', () => {
  expect(isDescription('🦞'.repeat(1024))).toBe(true)
  expect(isDescription('🦞'.repeat(1025))).toBe(false)
  expect(isDescription(' \n ')).toBe(false)
})

test('what is sent is told by its name', () => {
  expect(['a.ZIP', 'a.skill', 'SKILL.md', 'b.markdown', 'c.pdf', 'zip'].map(skillType)).toEqual([
    'application/zip',
    'application/zip',
    'text/markdown',
    'text/markdown',
    null,
    null,
  ])
})
