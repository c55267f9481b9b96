import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { en } from './en'
import { ko } from './ko'
import { pages as enPages } from './pages/en'
import { pages as koPages } from './pages/ko'

type Leaf = string | ((...args: never[]) => string)

/** Every sentence with the way to it. */
function leaves(node: unknown, way = ''): [string, Leaf][] {
  if (typeof node === 'string' || typeof node === 'function') return [[way, node as Leaf]]
  return Object.entries(node as object).flatMap(([key, value]) => leaves(value, way ? `${way}.${key}` : key))
}

const english = new Map([...leaves(en), ...leaves(enPages, 'pages')])
const korean = new Map([...leaves(ko), ...leaves(koPages, 'pages')])

/** Amounts and names that no sentence has by itself. */
const PROBES = [7071, 7072, 7073, 7074, 7075]

/** What a sentence says of the probes; null if it wants something else to speak of. */
function said(leaf: Leaf | undefined): string | null {
  if (typeof leaf !== 'function') return leaf ?? null
  try {
    const sentence: unknown = Reflect.apply(leaf, null, PROBES.slice(0, leaf.length))
    return typeof sentence === 'string' ? sentence : null
  } catch {
    return null
  }
}

test('both languages have the same sentences', () => {
  expect(english.size).toBeGreaterThan(150)
  expect([...korean.keys()].toSorted()).toEqual([...english.keys()].toSorted())
})

test('what is a sentence in one language is one in the other, and what takes words takes as many', () => {
  const others = [...english].filter(([way, leaf]) => {
    const other = korean.get(way)
    // A plural may need an argument that Korean has no use for.
    return typeof leaf !== typeof other || (typeof leaf === 'function' && (other as () => string).length > leaf.length)
  })
  expect(others.map(([way]) => way)).toEqual([])
})

test('nothing that an English sentence tells is left out of the Korean one', () => {
  const lost = [...english.keys()].filter((way) => {
    const [here, there] = [said(english.get(way)), said(korean.get(way))]
    return here !== null && there !== null && PROBES.some((probe) => here.includes(String(probe)) && !there.includes(String(probe)))
  })
  expect(lost).toEqual([])
})

const isBlank = (leaf: Leaf | undefined): boolean => said(leaf)?.trim() === ''

test('a sentence that is there in one language is there in the other', () => {
  const blank = [...english].filter(([way, leaf]) => isBlank(leaf) !== isBlank(korean.get(way)))
  expect(blank.map(([way]) => way)).toEqual([])
})

/** Said to the demo model, which speaks English. */
const TO_THE_DEMO_MODEL = /^empty\.demoSuggestions\./

test('no English sentence is left in Korean', () => {
  const left = [...korean].filter(([way, leaf]) => {
    const sentence = said(leaf)
    if (sentence === null || TO_THE_DEMO_MODEL.test(way)) return false
    // A single word is a name: of a product, a file, a format.
    return !/\p{Script=Hangul}/u.test(sentence) && /\p{Script=Latin}{2,}[\s,.]+\p{Script=Latin}{2,}/u.test(sentence)
  })
  expect(left.map(([way]) => way)).toEqual([])
})

/** Sentences that the server says in English alone, and the page in its reader's language: by the letter, or not at all. */
test('what the server says of leaving is what the server says', () => {
  const source = join(import.meta.dirname, '../../../crates/control-plane/src')
  const rust = ['delete_user/receipt.rs', 'export_user.rs'].map((file) => readFileSync(join(source, file), 'utf8')).join('\n')
  const served = rust.replaceAll(/\\\n\s*/g, '')
  const page = readFileSync(join(import.meta.dirname, 'pages/ko/data.ts'), 'utf8')
  const tables = page.slice(0, page.indexOf('export const data'))
  const keys = [...tables.matchAll(/^ {2}(?:'((?:[^'\\]|\\.)+)'|"([^"]+)"):/gm)].map(([, single, double]) => (single ?? double ?? '').replaceAll("\\'", "'"))
  expect(keys.length).toBeGreaterThan(20)
  expect(keys.filter((key) => !served.includes(key))).toEqual([])
})
