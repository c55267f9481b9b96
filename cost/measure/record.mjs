// One scenario: everything at zero, something happens, and what it took.
import { rowsOf } from './tables.mjs'
import { requestsIn, unitsOf } from './units.mjs'

/** The bridge looks into the inbox once more, 15 s after a message: that look is the message's. */
const QUIET = 17_000

/** `times`: how often `act` did what is recorded; counts are of one. */
export async function record({ stack, watch, times = 1 }, act) {
  await quiet(stack)
  watch?.take()
  const before = { line: stack.log.length, task: stack.taskLogBytes(), bucket: stack.bucketBytes() }
  await stack.control('DELETE', 'counters')
  await act()
  const calls = await quiet(stack)
  const asked = requestsIn(stack.log.slice(before.line))
  check(calls, asked)
  const units = unitsOf(asked, await rowsOf(stack))
  const bytes = { taskLog: stack.taskLogBytes() - before.task, bucket: stack.bucketBytes() - before.bucket }
  return each({ calls, units, bytes, page: watch?.take() }, times)
}

/** The calls when there has been no other for a while. */
export async function quiet(stack) {
  let before
  for (;;) {
    const now = await stack.counters()
    if (JSON.stringify(now) === JSON.stringify(before)) return now
    before = now
    await new Promise((wake) => setTimeout(wake, QUIET))
  }
}

/** The log must have every call that the stack counted. */
function check(calls, asked) {
  const counted = Object.entries(calls).filter(([name]) => name.startsWith('dynamodb:'))
  const sum = counted.reduce((total, [, times]) => total + times, 0)
  if (sum !== asked.length) throw new Error(`the stack counted ${sum} requests to DynamoDB, its log has ${asked.length}`)
}

/** Sums of several runs as the mean of one. */
export const each = (group, times) =>
  Object.fromEntries(
    Object.entries(group).flatMap(([name, value]) => {
      if (value === undefined) return []
      return [[name, typeof value === 'number' ? Math.round((value / times) * 100) / 100 : each(value, times)]]
    }),
  )
