// Waiting for a page to hold still, by what it does and not by the clock.

export const frame = (page) => page.evaluate(() => new Promise(requestAnimationFrame))

/** What changes has changed. What goes on for ever, such as a wheel that turns, is not waited for. */
export const settled = (page) =>
  page.evaluate(async () => {
    await new Promise(requestAnimationFrame)
    const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    await Promise.allSettled(ending.map(({ finished }) => finished))
  })

/** A part of a page asks for its data only when it is there itself: quiet is what stays quiet for some frames. */
const FRAMES = 12

/** Does something on the page, and waits until everything that it then asks for was answered. */
export async function quietAfter(page, deed) {
  const open = new Set()
  const asked = (request) => open.add(request)
  const answered = (request) => open.delete(request)
  page.on('request', asked)
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, answered)
  await deed()
  for (let quiet = 0; quiet < FRAMES; quiet = open.size === 0 ? quiet + 1 : 0) await frame(page)
  page.off('request', asked)
  for (const end of ['requestfinished', 'requestfailed']) page.off(end, answered)
}
