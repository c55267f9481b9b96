import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeOfRow } from '../measure/rows.mjs'
import { requestsIn, unitsOf } from '../measure/units.mjs'

const asked = (operation, request, answer = {}) => ({ operation, request, answer })
const row = (bytes) => ({ PK: { S: 'a' }, text: { S: 'x'.repeat(bytes - 7) } })
const units = (request, rows = new Map()) => unitsOf([request], rows)

test('a row weighs its names and values', () => {
  assert.equal(sizeOfRow(row(1024)), 1024)
  assert.equal(sizeOfRow({ n: { N: '12345' }, yes: { BOOL: true }, list: { L: [{ S: 'ab' }] }, map: { M: { k: { S: 'v' } } } }), 5 + 4 + 10 + 9)
})

test('a read is 4 KB, half as much when it may be late, and never nothing', () => {
  const get = (ConsistentRead, Item) => units(asked('GetItem', { TableName: 't', ConsistentRead }, { Item })).read
  assert.equal(get(true, row(4096)), 1)
  assert.equal(get(true, row(4097)), 2)
  assert.equal(get(false, row(4096)), 0.5)
  assert.equal(get(true, undefined), 1)
})

test('a query is billed for what it passes by', () => {
  const rows = new Map([['t a', row(3000)]])
  const query = asked('Query', { TableName: 't', ConsistentRead: true }, { Items: [], ScannedCount: 3 })
  assert.equal(units(query, rows).read, 3)
})

test('a write is 1 KB, and twice that in a transaction', () => {
  assert.equal(units(asked('PutItem', { TableName: 't', Item: row(1025) })).write, 2)
  const transaction = asked('TransactWriteItems', {
    TransactItems: [{ Put: { TableName: 't', Item: row(1024) } }, { ConditionCheck: { TableName: 't', Key: { PK: { S: 'b' } } } }],
  })
  assert.equal(units(transaction).write, 4)
})

test('a row that moves in an index is written there twice', () => {
  const update = (UpdateExpression) => asked('UpdateItem', { TableName: 'x-TaskState', Key: { PK: { S: 'a' } }, UpdateExpression, ExpressionAttributeNames: { '#d': 'dueAt', '#p': 'phase' } })
  assert.equal(units(update('SET #d = :d')).indexWrite, 2)
  const other = { ...update('SET #p = :p').request, ExpressionAttributeNames: { '#p': 'phase' } }
  assert.equal(units(asked('UpdateItem', other)).indexWrite, 0)
  assert.equal(units(asked('PutItem', { TableName: 'x-Connections', Item: { PK: { S: 'c' }, userId: { S: 'u' } } })).indexWrite, 1)
})

test('requests and their answers are read from the log', () => {
  const lines = [
    '2026-11-01T00:00:00Z TRACE dynoxide::server: request body operation="GetItem" body={"TableName":"t"}',
    '2026-11-01T00:00:00Z  INFO something else',
    '2026-11-01T00:00:00Z TRACE dynoxide::server: response body operation="GetItem" body={"Item":{"PK":{"S":"a"}}}',
  ]
  assert.deepEqual(requestsIn(lines), [asked('GetItem', { TableName: 't' }, { Item: { PK: { S: 'a' } } })])
})
