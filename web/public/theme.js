// By day or by night, before the first paint: nobody who chose the night sees a flash of the day. ui/theme.ts chooses.
const root = document.documentElement

function wear(theme) {
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
  else delete root.dataset.theme
}

// A phone paints its own bars by these.
function paintBars() {
  const theme = root.dataset.theme
  for (const bar of document.querySelectorAll('meta[name="theme-color"]')) {
    const own = bar.dataset.theme
    bar.media = theme ? (theme === own ? 'all' : 'not all') : `(prefers-color-scheme: ${own})`
  }
}

try {
  wear(localStorage.getItem('openclaw.theme'))
} catch {
  // No storage, no choice: as the system says.
}
paintBars()
new MutationObserver(paintBars).observe(root, { attributeFilter: ['data-theme'] })
// Another tab of this device has chosen.
addEventListener('storage', ({ key, newValue }) => key === 'openclaw.theme' && wear(newValue))
