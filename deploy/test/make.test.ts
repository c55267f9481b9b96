import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder } from './world.ts'

const DEPLOY_MK = join(dirname(fileURLToPath(import.meta.url)), '..', 'deploy.mk')

/** What make would start us with, in a folder where nothing is to be installed and node only says what it was given. */
function started(args: string[], env: Record<string, string> = {}): string[] {
  const { root, remove } = folder(['deploy/package-lock.json', 'deploy/node_modules/.installed', 'infra/node_modules/.installed', 'bin/node', 'bin/cargo'])
  try {
    writeFileSync(join(root, 'bin/node'), '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    writeFileSync(join(root, 'bin/cargo'), '#!/bin/sh\n')
    for (const program of ['node', 'cargo']) chmodSync(join(root, 'bin', program), 0o755)
    const PATH = `${join(root, 'bin')}:${process.env['PATH']}`
    const said = execFileSync('make', ['--no-print-directory', '-s', '-f', DEPLOY_MK, ...args], { cwd: root, env: { PATH, ...env }, encoding: 'utf8' })
    return said.replace(/\n$/, '').split('\n').slice(3)
  } finally {
    remove()
  }
}

describe('make', () => {
  test('deploy', () => assert.deepEqual(started(['deploy']), ['deploy', '--name', 'openclaw', '--share', '25']))
  test('deploy with all there is', () =>
    assert.deepEqual(started(['deploy', 'NAME=family', 'REGION=eu-west-1', 'YES=1', 'SHARE=10', 'EMAIL=a@b.c', 'NEW_IMAGE=1']), [
      'deploy', '--name', 'family', '--region', 'eu-west-1', '--yes', '--share', '10', '--email', 'a@b.c', '--new-image',
    ]))
  test('what a form gives is text, for the shell and for make', () => {
    const NAME = '$(shell touch never/made)"; touch never/made; "'
    assert.deepEqual(started(['deploy'], { NAME }).slice(0, 3), ['deploy', '--name', NAME])
  })
  test('secrets', () => assert.deepEqual(started(['secrets', 'SECRET=model-key']), ['secrets', '--name', 'openclaw', '--secret', 'model-key']))
  test('destroy deletes data when it says so, and only then', () => {
    assert.deepEqual(started(['destroy', 'DATA=.local']), ['destroy', '--name', 'openclaw'])
    assert.deepEqual(started(['destroy', 'DATA=delete', 'CONFIRM=openclaw']), ['destroy', '--name', 'openclaw', '--delete-data', '--confirm', 'openclaw'])
  })
  test('ops', () => assert.deepEqual(started(['ops', 'DO=user show ana']), ['ops', '--name', 'openclaw', '--', 'user', 'show', 'ana']))
  test('invite without an address', () => assert.deepEqual(started(['invite']), ['invite', '--name', 'openclaw', '--email', '']))
})
