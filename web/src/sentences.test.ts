import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseAst } from 'vite'
import { expect, test } from 'vitest'

const src = import.meta.dirname

const filesBelow = (folder: string, ending: RegExp) =>
  readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(src, folder, name))

const read = (file: string) => readFileSync(file, 'utf8')

test('a catalogue imports nothing but types', () => {
  const catalogues = filesBelow('text', /^(pages\/)?(en|ko)(\/\w+)?\.ts$/).filter((file) => !file.endsWith('index.ts'))
  expect(catalogues.length).toBeGreaterThan(20)
  const bound = catalogues.filter((file) => /^(import(?! type\b)|export .* from)/m.test(read(file)))
  expect(bound.map((file) => relative(src, file))).toEqual([])
})

interface Node {
  type: string
  [key: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const value of Object.values(node).flat()) if (isNode(value)) yield* nodesOf(value)
}

/** Attributes that people read or hear. */
const SAID = /^(aria-(label|description|roledescription|valuetext|placeholder)|alt|title|placeholder|label|hint|about|problem|action|cancel|done)$/

/** What of an element a person would read, if it is written there. */
function wordsIn({ type, name, value, children }: Node): unknown[] {
  if (type === 'JSXAttribute' && isNode(name) && SAID.test(String(name['name'])) && isNode(value)) return literals(value)
  if (type === 'JSXElement' || type === 'JSXFragment') return (children as Node[]).flatMap(literals)
  return []
}

function literals(node: Node): unknown[] {
  if (node.type === 'Literal' || node.type === 'JSXText') return [node['value']]
  if (node.type === 'TemplateLiteral') return (node['quasis'] as Node[]).map(({ value }) => (value as { raw: string }).raw)
  if (node.type === 'JSXExpressionContainer' && isNode(node['expression'])) return literals(node['expression'])
  if (node.type === 'ConditionalExpression') return [node['consequent'], node['alternate']].filter(isNode).flatMap(literals)
  if (node.type === 'LogicalExpression' && isNode(node['right'])) return literals(node['right'])
  return []
}

const sentencesIn = (code: string): string[] =>
  [...nodesOf(parseAst(code, { lang: 'tsx' }) as unknown as Node)]
    .flatMap(wordsIn)
    .filter((said): said is string => typeof said === 'string' && /\p{L}{2}/u.test(said))
    .map((said) => said.trim())

test('no component has a sentence of its own', () => {
  const components = filesBelow('', /\.tsx$/)
  expect(components.length).toBeGreaterThan(40)
  const own = components.flatMap((file) => sentencesIn(read(file)).map((said) => `${relative(src, file)}: ${said}`))
  expect(own).toEqual([])
})

test('the walk finds sentences where they are', () => {
  const code = `const a = <p title="One">{ok ? 'Two' : <b aria-label={\`Three \${x}\`}>Four</b>}{ok && 'Five'}{text.six}</p>`
  expect(sentencesIn(code).toSorted()).toEqual(['Five', 'Four', 'One', 'Three', 'Two'])
})
