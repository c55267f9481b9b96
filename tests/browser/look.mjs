// Pictures of pages to look at, in three widths and two themes, and what axe finds on them.
//
//   node look.mjs [--out DIR] [--language ko] [--say TEXT]… [--widths 390,1440] [--themes dark] [PATH…]
//
// Without a path: all of them.
// Each --say is sent to the agent (the demo's directives work) and answered before the first picture.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ADDRESSES, visit } from './addresses.mjs'
import { axeFindings } from './axe.mjs'
import { launch, signIn, startStack } from './support.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'looks' },
    language: { type: 'string', default: 'en' },
    say: { type: 'string', multiple: true, default: [] },
    widths: { type: 'string', default: '390,820,1440' },
    themes: { type: 'string', default: 'light,dark' },
  },
})
const HEIGHTS = { 390: 844, 820: 1180, 1440: 900 }
const out = resolve(values.out)
await mkdir(out, { recursive: true })

const stack = await startStack()
const browser = await launch()
try {
  const context = await browser.newContext()
  const ana = await signIn(stack, context, 'ana')
  for (const text of values.say) await ana.ask(text)
  await ana.page.evaluate((language) => localStorage.setItem('openclaw.language', language), values.language)
  await ana.page.reload()
  await ana.page.getByRole('navigation').first().waitFor({ state: 'attached' })
  for (const path of positionals.length > 0 ? positionals : ADDRESSES) await look(ana.page, path)
} finally {
  await browser.close()
  await stack.stop()
  await stack.end()
}

async function look(page, path) {
  await visit(page, path)
  for (const width of values.widths.split(',').map(Number)) {
    for (const theme of values.themes.split(',')) {
      await page.setViewportSize({ width, height: HEIGHTS[width] ?? 900 })
      await page.emulateMedia({ colorScheme: theme })
      await page.waitForLoadState('networkidle')
      const file = join(out, `${path.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '') || 'home'}-${width}-${theme}.png`)
      await page.screenshot({ path: file })
      console.log(file, await axeFindings(page))
    }
  }
}
