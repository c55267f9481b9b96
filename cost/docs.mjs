// `make cost-docs`: writes the tables of docs/cost.md anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { TABLES } from './model/tables.mjs'

export const PAGE = new URL('../docs/cost.md', import.meta.url)

const markers = (name) => [`<!-- cost:${name} -->`, `<!-- /cost:${name} -->`]

/** The page with each table as it is now. */
export function withTables(page, tables = TABLES) {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = markers(name)
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/cost.md has no place for the table "${name}": ${begin} … ${end}`)
    return `${text.slice(0, from + begin.length)}\n${table()}\n${text.slice(to)}`
  }, page)
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')))
