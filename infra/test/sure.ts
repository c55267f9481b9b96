import assert from 'node:assert/strict'

/** `assert.ok` without a message reads and parses the source for one, which takes minutes with this loader. */
export function sure(value: unknown, message = 'it is not so'): asserts value {
  assert.ok(value, message)
}
