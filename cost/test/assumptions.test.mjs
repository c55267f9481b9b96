// What the model takes from the code is still so there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { profile } from '../model/profiles.mjs'
import { METRICS, PING_MINUTES, SNAPSHOT_MINUTES } from '../model/usage.mjs'

const source = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const number = (path, pattern) => Number(pattern.exec(source(path))?.[1]?.replaceAll('_', ''))

test('metrics are as many as the binaries know', () => {
  assert.equal(METRICS, number('crates/platform/src/metrics.rs', /ALL: \[Metric; (\d+)\]/))
})

test('both ends ping as often', () => {
  assert.equal(PING_MINUTES, number('web/src/chat/socket.ts', /PING_EVERY = (\d+) \* 60_000/))
  assert.equal(PING_MINUTES, number('crates/bridge/src/nudges.rs', /PING_EVERY: Duration = Duration::from_secs\((\d+) \* 60\)/))
})

test('the idle timeout and the time between two snapshots are the documented ones', () => {
  const operating = (name) => number('docs/operating.md', new RegExp(`\`${name}\` \\| bridge \\| ([\\d,]+)`)) / 60
  assert.equal(profile('personal').idleMinutes, operating('IDLE_TIMEOUT_SECONDS'))
  assert.equal(SNAPSHOT_MINUTES, operating('SNAPSHOT_EVERY_SECONDS'))
})
