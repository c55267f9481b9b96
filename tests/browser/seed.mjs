// A long past for a conversation. Written straight into the local table, as copies of a message that was
// really answered: a thousand answers would take a thousand runs.
import assert from 'node:assert/strict'

const TABLE = 'openclaw-Conversations'
const BATCH = 25

/**
 * Puts `pairs` messages with their replies before everything else that was said. `words(n)` says what the
 * nth of them was, counted from the oldest. Something must have been said already.
 */
export async function seed(stack, pairs, words) {
  const dynamo = await tables(stack)
  const rows = (await dynamo('Scan', { TableName: TABLE })).Items.filter((row) => row.SK.S.includes('#MSG#'))
  const [asked, replied] = ['user', 'assistant'].map((role) => rows.find((row) => row.role.S === role))
  assert.ok(asked && replied, 'nothing was said yet that could be copied')
  const first = Math.min(...rows.map((row) => Number(row.at.N)))
  const items = Array.from({ length: pairs }, (_, n) => {
    const at = first - (pairs - n) * 60_000
    const id = `seed-${String(n).padStart(5, '0')}`
    const { question, answer } = words(n)
    return [copy(asked, id, at, question), copy(replied, id, at, answer)]
  }).flat()
  for (let start = 0; start < items.length; start += BATCH) {
    const puts = items.slice(start, start + BATCH).map((Item) => ({ PutRequest: { Item } }))
    await dynamo('BatchWriteItem', { RequestItems: { [TABLE]: puts } })
  }
}

function copy(row, id, at, text) {
  const [conversation] = row.SK.S.split('#MSG#')
  const key = `${conversation}#MSG#${at}#${id}${row.SK.S.endsWith('#reply') ? '#reply' : ''}`
  const when = { N: String(at) }
  return { ...row, SK: { S: key }, messageId: { S: id }, text: { S: text }, at: when, receivedAt: when }
}

/** DynamoDB as the stack has it. It looks at no signature, only at whether there is one. */
export async function tables(stack) {
  const { endpoint } = await stack.control('GET', 'aws')
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': '20260101T000000Z',
    authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  }
  return async (operation, body) => {
    const target = { 'x-amz-target': `DynamoDB_20120810.${operation}` }
    const response = await fetch(endpoint, { method: 'POST', headers: { ...headers, ...target }, body: JSON.stringify(body) })
    assert.ok(response.ok, `${operation}: ${response.status} ${await response.clone().text()}`)
    return response.json()
  }
}
