// Request units of DynamoDB, from what its stand-in was asked and what it answered.
//
// A read unit is 4 KB read consistently, half of it otherwise; a write unit 1 KB; a transaction
// takes twice as many. What a row weighs is known from what was put, or from the table afterwards.
import { nameOf, sizeOfRow } from './rows.mjs'

const READ_UNIT = 4096
const WRITE_UNIT = 1024
/** Of a row that nobody saw: more than most have. */
const UNSEEN = 1024

/** Requests and answers in the order of the stack's log. */
export function requestsIn(lines) {
  const asked = []
  for (const line of lines) {
    const [, kind, operation, body] = /dynoxide::server: (request body|response body|error response body) operation="?(\w+)"? body=(.*)$/.exec(line) ?? []
    if (kind === 'request body') asked.push({ operation, request: JSON.parse(body) })
    // Two at once may be answered in another order; those of one operation are alike.
    else if (kind) answer(asked, operation, kind === 'response body' ? JSON.parse(body) : {})
  }
  return asked
}

function answer(asked, operation, answer) {
  const waiting = asked.find((one) => one.operation === operation && !one.answer)
  if (waiting) waiting.answer = answer
}

/** `rows`: what the tables hold afterwards, by name. */
export function unitsOf(asked, rows) {
  const sizes = new Map([...rows].map(([name, row]) => [name, sizeOfRow(row)]))
  const means = meanSizes(rows)
  const total = { read: 0, write: 0, indexWrite: 0 }
  for (const { operation, request, answer = {} } of asked) {
    const reading = READS[operation]
    if (reading) total.read += reading(request, answer, means)
    for (const { what, twice } of writesOf(operation, request)) {
      const units = Math.ceil(weight(what, sizes) / WRITE_UNIT)
      total.write += units * twice
      total.indexWrite += indexWrites(what) * twice
    }
  }
  return total
}

const READS = {
  GetItem: (request, { Item }) => readUnits(Item ? sizeOfRow(Item) : 0, request.ConsistentRead),
  Query: (request, answer, means) => {
    const seen = (answer.Items ?? []).reduce((sum, row) => sum + sizeOfRow(row), 0)
    const read = (answer.ScannedCount ?? 0) * (means.get(request.TableName) ?? 0)
    return readUnits(Math.max(seen, read), request.ConsistentRead)
  },
  BatchGetItem: ({ RequestItems }, { Responses = {} }) =>
    Object.entries(RequestItems).reduce((sum, [table, { Keys, ConsistentRead }]) => {
      const found = Responses[table] ?? []
      const missing = Keys.length - found.length
      return sum + found.reduce((units, row) => units + readUnits(sizeOfRow(row), ConsistentRead), readUnits(0, ConsistentRead) * missing)
    }, 0),
}

const readUnits = (bytes, consistent) => Math.max(1, Math.ceil(bytes / READ_UNIT)) * (consistent ? 1 : 0.5)

function writesOf(operation, request) {
  if (operation === 'TransactWriteItems') {
    return request.TransactItems.map((one) => ({ what: Object.values(one)[0], twice: 2 }))
  }
  return ['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation) ? [{ what: request, twice: 1 }] : []
}

function weight(what, sizes) {
  const put = what.Item && sizeOfRow(what.Item)
  return Math.max(1, put ?? 0, sizes.get(nameOf(what.TableName, what.Key ?? what.Item)) ?? (put ? 0 : UNSEEN))
}

// Which attributes move a row in an index: crates/platform-aws/src/tables.rs.
const INDEXED = { TaskState: ['dueShard', 'dueAt'], Conversations: ['lastActivityAt'], Connections: ['userId'] }

/** A row that moves in an index is deleted there and put again. */
function indexWrites({ TableName, Item, UpdateExpression, ExpressionAttributeNames, Key }) {
  const [table, indexed] = Object.entries(INDEXED).find(([name]) => TableName.endsWith(name)) ?? []
  if (!table) return 0
  if (Item && table === 'Conversations') return Item.lastActivityAt ? 2 : 1
  if (Item) return indexed.some((name) => Item[name]) ? 1 : 0
  if (UpdateExpression) {
    const named = Object.values(ExpressionAttributeNames ?? {})
    return indexed.some((name) => named.includes(name) || UpdateExpression.includes(name)) ? 2 : 0
  }
  return Key && table === 'Connections' ? 1 : 0
}

function meanSizes(rows) {
  const tables = new Map()
  for (const [name, row] of rows) {
    const table = name.split(' ')[0]
    tables.set(table, [...(tables.get(table) ?? []), sizeOfRow(row)])
  }
  return new Map([...tables].map(([table, all]) => [table, all.reduce((a, b) => a + b, 0) / all.length]))
}
