/** By day or by night: what the reader chose on this device, else as the system says. `public/theme.js` sees to the rest. */

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'openclaw.theme'

export const chosenTheme = (): Theme => THEMES.find((theme) => theme === document.documentElement.dataset['theme']) ?? 'system'

export function chooseTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') {
    delete dataset['theme']
    localStorage.removeItem(KEY)
  } else {
    dataset['theme'] = theme
    localStorage.setItem(KEY, theme)
  }
}
