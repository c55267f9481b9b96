// What axe finds on a page as it stands: WCAG 2.2 A and AA, and best practices.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { settled } from './still.mjs'

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** One line for each finding: the rule, what it says, and where. Of some rules alone, if they are named. */
export async function axeFindings(page, runOnly = TAGS) {
  // In the middle of a change colours are neither the one nor the other.
  await settled(page)
  // By the debugger and not by a script element, which the page's policy forbids.
  await page.evaluate(source)
  const found = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only }), runOnly)
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`))
}
