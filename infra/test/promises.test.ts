/** Each promise holds of what is synthesised, and is broken by the change that stands beside it. */
import assert, { AssertionError } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PROMISES } from './promises/index.ts'
import { templates } from './templates.ts'

for (const [stack, promises] of Object.entries(PROMISES)) {
  describe(stack, () => {
    for (const { says, holds, breaks, with: context = {} } of promises) {
      test(says, () => {
        holds(templates(context))
        const changed = templates(context)
        breaks(changed)
        assert.throws(() => holds(changed), AssertionError, 'the change is not noticed')
      })
    }
  })
}

test('no promise is given twice', () => {
  const said = Object.values(PROMISES).flat().map(({ says }) => says)
  assert.equal(new Set(said).size, said.length)
})
