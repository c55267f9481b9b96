import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const src = import.meta.dirname

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
  .map((name) => join(src, name))

const read = (file: string) => readFileSync(file, 'utf8')

const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name ?? '')

function resolveImport(file: string, name: string): string | null {
  if (!name.startsWith('.')) return null
  const base = resolve(dirname(file), name)
  return [`${base}.ts`, `${base}.tsx`, join(base, 'index.ts')].find((one) => files.includes(one)) ?? null
}

/** Every module a file brings along, with the way there, so that a failure names the culprit. */
function reach(file: string, way: string[] = [], seen = new Map<string, string[]>()): Map<string, string[]> {
  for (const name of importsOf(file)) {
    const next = resolveImport(file, name)
    const key = next ?? name
    if (seen.has(key)) continue
    const path = [...way, relative(src, file), next ? relative(src, next) : name]
    seen.set(key, path)
    if (next) reach(next, path.slice(0, -1), seen)
  }
  return seen
}

const isReact = (name: string) => /^(react|react-dom|@tanstack\/react-.*)(\/|$)/.test(name)

const directory = (name: string) => files.filter((file) => relative(src, file).startsWith(`${name}/`))

test('only the hook of the chat knows react', () => {
  const chat = directory('chat').filter((file) => !file.endsWith('useChat.ts'))
  expect(chat.length).toBeGreaterThan(6)
  const ways = chat.flatMap((file) => [...reach(file)].filter(([name]) => isReact(name)).map(([, way]) => way.join(' > ')))
  expect(ways).toEqual([])
})

test('the walk finds react where it is', () => {
  expect([...reach(join(src, 'chat/useChat.ts')).keys()].some(isReact)).toBe(true)
})

test('the reducer and the projection reach no socket, no network and no sign-in', () => {
  const pure = directory('chat').filter((file) => /\/(thread|turn|history|keep|agent|projection|limits)\.ts$/.test(file))
  expect(pure).toHaveLength(7)
  expect(pure.filter((file) => /\b(fetch|WebSocket|setTimeout|Date\.now|window|document)\b[(.]/.test(read(file)))).toEqual([])
})

test('wire types come from the index of the protocol alone', () => {
  const outside = files.filter((file) => !relative(src, file).startsWith('protocol/'))
  const deep = outside.filter((file) => importsOf(file).some((name) => /\/protocol\/./.test(name)))
  expect(deep.map((file) => relative(src, file))).toEqual([])
})

test('nothing sets html, so trusted types have nothing to refuse', () => {
  const unsafe = files.filter((file) => /dangerouslySetInnerHTML|innerHTML|rehype-raw/.test(read(file)))
  expect(unsafe).toEqual([])
})
