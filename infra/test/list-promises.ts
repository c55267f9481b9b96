/** `npm run promises`: what the templates promise, and the change that breaks each. */
import { AssertionError } from 'node:assert/strict'
import { PROMISES } from './promises/index.ts'
import { templates, type Templates } from './templates.ts'

function noticed(holds: (all: Templates) => void, changed: Templates): boolean {
  try {
    holds(changed)
    return false
  } catch (error) {
    if (error instanceof AssertionError) return true
    throw error
  }
}

let bad = 0
for (const [stack, promises] of Object.entries(PROMISES)) {
  console.log(`\n${stack}`)
  for (const { says, holds, breaks, with: context = {} } of promises) {
    const kept = !noticed(holds, templates(context))
    const changed = templates(context)
    breaks(changed)
    const tripped = noticed(holds, changed)
    if (!kept || !tripped) bad += 1
    const change = String(breaks).replace(/\s+/g, ' ').replace(/^\(all\) => \{?\s*/, '').replace(/;?\s*\}$/, '')
    console.log(`  ${kept ? 'holds ' : 'BROKEN'} ${tripped ? 'trips' : 'BLIND'}  ${says}\n                 ${change}`)
  }
}
const count = Object.values(PROMISES).flat().length
console.log(`\n${count} promises, ${bad} of them not as they should be`)
process.exitCode = bad === 0 ? 0 : 1
