// How large DynamoDB says a row is, as its documentation counts: names and values, without JSON.

/** `row`: attributes as DynamoDB's JSON has them. */
export const sizeOfRow = (row) => Object.entries(row).reduce((sum, [name, value]) => sum + bytes(name) + sizeOf(value), 0)

const bytes = (text) => Buffer.byteLength(text)

function sizeOf(value) {
  const [[type, content]] = Object.entries(value)
  switch (type) {
    case 'S':
      return bytes(content)
    case 'N':
      return Math.ceil(content.replace(/[-.]/g, '').length / 2) + 1
    case 'B':
      return Buffer.from(content, 'base64').length
    case 'SS':
      return content.reduce((sum, one) => sum + bytes(one), 0)
    case 'L':
      return content.reduce((sum, one) => sum + 1 + sizeOf(one), 3)
    case 'M':
      return 3 + Object.entries(content).reduce((sum, [name, one]) => sum + 1 + bytes(name) + sizeOf(one), 0)
    default:
      return 1
  }
}

/** A row's name within its table. */
export const nameOf = (table, key) => [table, key.PK?.S, key.SK?.S ?? ''].join(' ')
