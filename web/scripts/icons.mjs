// Draws the icons of the installed page from favicon.svg, with a Chromium that is already there. The pictures in
// public/icons are generated: change the drawing or this file, run it, and commit what it writes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const names = [process.env.CHROMIUM, 'chromium-headless-shell', 'chromium', 'google-chrome'].filter(Boolean)
const paths = names.map((name) => {
  try {
    return execFileSync('/bin/sh', ['-c', 'command -v "$0"', name]).toString().trim()
  } catch {
    return ''
  }
})
const executablePath = paths.find(Boolean)
if (!executablePath) throw new Error(`no browser found among: ${names.join(', ')}`)

const drawing = readFileSync('public/favicon.svg', 'utf8')
/** A system cuts its own shape out of these: the ground goes to the edge, and the drawing keeps clear of it. */
const whole = drawing.replace(/ rx="16"/, '').replace(/<path /, '<g transform="translate(32 32) scale(1.08) translate(-32 -32)"><path ').replace('</svg>', '</g></svg>')
const icons = [
  { name: '192', size: 192, svg: drawing },
  { name: '512', size: 512, svg: drawing },
  { name: 'maskable-192', size: 192, svg: whole },
  { name: 'maskable-512', size: 512, svg: whole },
  { name: 'apple-touch', size: 180, svg: whole },
]

mkdirSync('public/icons', { recursive: true })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
await Promise.all(icons.map(draw))
await browser.close()

async function draw({ name, size, svg }) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`)
  await page.screenshot({ path: `public/icons/${name}.png`, omitBackground: true })
}
