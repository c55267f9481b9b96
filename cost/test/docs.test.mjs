import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PAGE, withTables } from '../docs.mjs'
import { TABLES } from '../model/tables.mjs'

const page = readFileSync(PAGE, 'utf8')

test('docs/cost.md is as the model has it', () => {
  assert.ok(withTables(page) === page, "docs/cost.md is out of date: run 'make cost-docs' and commit")
})

test('a figure that somebody changed by hand is noticed', () => {
  const changed = page.replace(/(<!-- cost:summary -->[^]*?)(\d)\.(\d)/, (_, before, whole, tenth) => `${before}${whole}.${(Number(tenth) + 1) % 10}`)
  assert.notEqual(changed, page)
  assert.ok(withTables(changed) !== changed)
})

test('a table without a place is an error', () => {
  assert.throws(() => withTables('# nothing', TABLES), /has no place for the table "summary"/)
})

test('no table is empty, and none has a figure that is none', () => {
  for (const [name, table] of Object.entries(TABLES)) {
    assert.ok(table().split('\n').length > 2, name)
    assert.doesNotMatch(table(), /NaN|undefined|Infinity/, name)
  }
})
