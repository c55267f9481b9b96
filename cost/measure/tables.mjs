// Everything in the tables, read past the product: only a measurement may scan.
import { nameOf } from './rows.mjs'

const TABLES = ['TaskState', 'PendingMessages', 'Conversations', 'Connections', 'Settings']
// The stand-in looks for a signature and not into it.
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0'

/** Rows by name. */
export async function rowsOf(stack) {
  const { endpoint } = await stack.control('GET', 'aws')
  const rows = new Map()
  for (const table of TABLES.map((name) => `openclaw-${name}`)) {
    for (const row of await scan(endpoint, table)) rows.set(nameOf(table, row), row)
  }
  return rows
}

async function scan(endpoint, table) {
  const rows = []
  let ExclusiveStartKey
  do {
    const answer = await ask(endpoint, { TableName: table, ExclusiveStartKey })
    rows.push(...answer.Items)
    ExclusiveStartKey = answer.LastEvaluatedKey
  } while (ExclusiveStartKey)
  return rows
}

async function ask(endpoint, body) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.Scan',
      'x-amz-date': '20260101T000000Z',
      authorization: AUTHORIZATION,
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`Scan of ${body.TableName}: ${response.status} ${await response.text()}`)
  return response.json()
}
