/** What has changed elsewhere is read again: once for the many frames that one deed brings. */

const TOGETHER = 120

export function createNews(readAgain: (what: string) => void): (what: string) => void {
  const waiting = new Set<string>()
  return (what) => {
    if (waiting.size === 0) {
      setTimeout(() => {
        const all = [...waiting]
        waiting.clear()
        all.forEach(readAgain)
      }, TOGETHER)
    }
    waiting.add(what)
  }
}
