import { expect, test } from 'vitest'
import { crumbsOf, inside, pathProblem, shownName } from './paths'
import { extensionOf, fenced, textPreview } from './preview'
import { filesSearch } from './search'

test('every folder on the way has its own address', () => {
  expect(crumbsOf('a/b c')).toEqual([
    { name: 'a', path: 'a' },
    { name: 'b c', path: 'a/b c' },
  ])
  expect([inside('', 'x'), inside('a/b', 'x')]).toEqual(['x', 'a/b/x'])
})

test('a name that turns or breaks its line is not shown as it wants', () => {
  expect(shownName('invoice\u202egpj.exe')).toBe('invoice\ufffdgpj.exe')
  expect(shownName('a\nb\u0000\u2066c')).toBe('a\ufffdb\ufffd\ufffdc')
  expect(shownName('한글 عربى 🦞.txt')).toBe('한글 عربى 🦞.txt')
})

test('what cannot be a name or is too long is said before it is sent', () => {
  expect(['', '.', '..', 'a/b', 'a\nb'].map((name) => pathProblem('x', name))).toEqual(Array(5).fill('badName'))
  expect(pathProblem('x', 'a.txt')).toBe(null)
  expect([pathProblem('', '가'.repeat(85)), pathProblem('', '가'.repeat(86))]).toEqual([null, 'tooDeep'])
  expect(pathProblem('a/'.repeat(450), 'b')).toBe('tooDeep')
})

test('an address says where one is, whatever the router made of it', () => {
  expect(filesSearch({ path: 2026, file: 'a', other: 1 })).toEqual({ path: '2026', file: 'a' })
  expect(filesSearch({ path: { a: 1 }, file: '' })).toEqual({})
})

const bytes = (text: string) => new TextEncoder().encode(text)

test('a text is shown as what its name says, and bytes as nothing', () => {
  expect(textPreview('md', bytes('# Hi'), false)).toEqual({ kind: 'markdown', text: '# Hi', cut: false })
  expect(textPreview('py', bytes('x = 1'), false)).toMatchObject({ kind: 'code', language: 'python' })
  expect(textPreview('svg', bytes('<svg/>'), false)).toMatchObject({ kind: 'code', language: 'xml' })
  expect(textPreview('', bytes('plain'), true)).toEqual({ kind: 'plain', text: 'plain', cut: true })
  expect(textPreview('md', bytes('x'.repeat(300_000)), false).kind).toBe('plain')
  expect(textPreview('txt', new Uint8Array([65, 0, 66]), false)).toEqual({ kind: 'none', why: 'none' })
})

test('a character that the cut went through is left out', () => {
  expect(textPreview('txt', bytes('가나').subarray(0, 5), true)).toMatchObject({ text: '가' })
})

test('no text ends its own fence', () => {
  expect(fenced('a\n````\nb', 'md')).toBe('`````md\na\n````\nb\n`````')
})

test('an extension is the last one', () => {
  expect(['a.tar.GZ', 'Makefile', '.env'].map(extensionOf)).toEqual(['gz', '', 'env'])
})
