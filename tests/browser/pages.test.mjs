// What is true of every page: nothing for axe to find, nothing wider than the screen, nothing out of a keyboard's reach.
import assert from 'node:assert/strict'
import { ADDRESSES, visit } from './addresses.mjs'
import { axeFindings } from './axe.mjs'
import { settled } from './still.mjs'
import { scenario } from './support.mjs'

const SCREENS = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
]

/** Collects what is wrong with all pages, so that one run names everything. */
async function onEveryPage(page, look) {
  const wrong = []
  for (const path of ADDRESSES) {
    await visit(page, path)
    await page.locator('main h1').waitFor()
    for (const what of await look(path)) wrong.push(`${path}: ${what}`)
  }
  assert.deepEqual(wrong, [])
}

async function onEveryScreen(page, look, screens = SCREENS) {
  const wrong = []
  for (const screen of screens) {
    await page.setViewportSize(screen)
    for (const what of await look()) wrong.push(`${screen.width}: ${what}`)
  }
  return wrong
}

const STILL = { reducedMotion: 'reduce' }

/** By night only the colours are others. */
async function forAxe(page) {
  await page.emulateMedia({ ...STILL, colorScheme: 'dark' })
  const dark = await axeFindings(page, ['color-contrast'])
  await page.emulateMedia({ ...STILL, colorScheme: 'light' })
  return [...(await axeFindings(page)), ...dark.map((what) => `dark: ${what}`)]
}

/** The document, the page in it, and the part of the page that scrolls up and down. */
const tooWide = (page) =>
  page.evaluate(() =>
    [document.scrollingElement, ...document.querySelectorAll('main, main > [role=region]')]
      .filter((part) => part.scrollWidth > part.clientWidth)
      .map((part) => {
        const edge = part.getBoundingClientRect()
        const culprits = [...part.querySelectorAll('*')].filter((one) => {
          const { left, right, width } = one.getBoundingClientRect()
          return width > 1 && (right > edge.right + 1 || left < edge.left - 1)
        })
        const [culprit] = culprits.slice(-1)
        return `${part.tagName} is ${part.scrollWidth} wide of ${part.clientWidth}: ${culprit?.outerHTML.slice(0, 120)}`
      }),
  )

const bones = (page) =>
  page.evaluate(() => {
    const count = (selector) => document.querySelectorAll(selector).length
    const moving = document.getAnimations().filter(({ effect, playState }) => playState === 'running' && effect.getComputedTiming().endTime > 50)
    return [
      count('h1') === 1 ? null : `${count('h1')} headings of the first level`,
      count('main') === 1 ? null : `${count('main')} mains`,
      document.title.trim() === '' ? 'no title' : null,
      moving.length === 0 ? null : `${moving.length} things move for somebody who asked for stillness`,
    ].filter(Boolean)
  })

for (const [language, screens] of [
  ['en', SCREENS],
  ['ko', SCREENS.slice(0, 1)],
]) {
  scenario(`in ${language} every page is whole, fits its screen and leaves axe nothing to find`, {}, async ({ newPerson }) => {
    const ana = await newPerson()
    const { page } = ana
    await page.emulateMedia(STILL)
    await ana.ask('[[demo text="# A plan\\n\\n- one\\n- two\\n\\n`code` and **more**"]]')
    await page.evaluate((spoken) => localStorage.setItem('openclaw.language', spoken), language)
    await page.reload()
    await page.getByRole('main').waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), language)
    await onEveryPage(page, () =>
      onEveryScreen(page, async () => [...(await tooWide(page)), ...(await bones(page)), ...(await forAxe(page))], screens),
    )
  })
}

scenario('every page has a title of its own', {}, async ({ newPerson }) => {
  const { page } = await newPerson()
  const titles = new Map()
  await onEveryPage(page, async (path) => {
    const title = await page.title()
    const same = titles.get(title)
    titles.set(title, path)
    return same ? [`is called "${title}", as ${same} is`] : []
  })
})

scenario('no page is wider than its screen when it is read from right to left', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await ana.ask('[[demo text="Some words."]]')
  await page.evaluate(() => (document.documentElement.dir = 'rtl'))
  await onEveryPage(page, () => onEveryScreen(page, () => tooWide(page)))
})

/** What Tab should reach, in the order of the document; of a group of radio buttons the one that holds. */
const reachable = (page) =>
  page.evaluate(() => {
    const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')
    const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert]')
    const idle = (one) => one.matches('input[type=radio]:not(:checked)') && document.querySelector(`input[name="${CSS.escape(one.name)}"]:checked`)
    const stops = [...all].filter((one) => one.tabIndex >= 0 && !one.disabled && seen(one) && !idle(one) && !one.hasAttribute('data-base-ui-focus-guard'))
    globalThis.stops = stops
    return stops.length
  })

/** Where the focus is: its place among the stops, and what is wrong with it. */
const focused = (page) =>
  page.evaluate(() => {
    const here = document.activeElement
    if (!here || here === document.body) return null
    const { left, top, right, bottom } = here.getBoundingClientRect()
    const outlined = (one) => one && (getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none')
    // The box around a field may carry the ring.
    const ring = [here, here.parentElement, here.parentElement?.parentElement, here.closest('form')].some(outlined)
    const points = [
      [(left + right) / 2, (top + bottom) / 2],
      [left + 3, top + 3],
      [right - 3, bottom - 3],
    ]
    const hit = points.some(([x, y]) => {
      const there = document.elementFromPoint(x, y)
      return there && (here.contains(there) || there.contains(here) || here.labels?.[0]?.contains(there))
    })
    const name = here.getAttribute('aria-label') ?? here.innerText ?? here.name
    return {
      at: globalThis.stops.indexOf(here),
      what: `${here.tagName.toLowerCase()} "${String(name).trim().slice(0, 40)}"`,
      wrong: [ring ? null : 'shows no ring', hit ? null : 'is out of sight or covered'].filter(Boolean),
    }
  })

async function walk(page) {
  const count = await reachable(page)
  const wrong = []
  const visited = []
  await page.evaluate(() => {
    document.activeElement?.blur()
    getSelection().removeAllRanges()
    // The walk begins at the top, wherever the focus was.
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  for (let step = 0; step < count + 3; step += 1) {
    await page.keyboard.press('Tab')
    // Even without a motion that anybody sees, what comes into sight takes a moment.
    await settled(page)
    const stop = await focused(page)
    if (!stop || visited.includes(stop.at)) break
    if (stop.at < 0) {
      wrong.push(`${stop.what} was not expected to be reached`)
      continue
    }
    if (stop.at < (visited.at(-1) ?? -1)) wrong.push(`${stop.what} comes after what stands below it`)
    for (const what of stop.wrong) wrong.push(`${stop.what} ${what}`)
    visited.push(stop.at)
  }
  const missed = Array.from({ length: count }, (_, at) => at).filter((at) => !visited.includes(at))
  const names = await page.evaluate((ats) => ats.map((at) => globalThis.stops[at].outerHTML.slice(0, 100)), missed)
  return [...wrong, ...names.map((name) => `Tab does not reach ${name}`)]
}

scenario('Tab reaches everything on every page in order, shows where it is, and is never trapped', {}, async ({ newPerson }) => {
  const ana = await newPerson()
  const { page } = ana
  await page.emulateMedia(STILL)
  await ana.ask('[[demo text="Some words."]]')
  await onEveryPage(page, () => onEveryScreen(page, () => walk(page)))
})
