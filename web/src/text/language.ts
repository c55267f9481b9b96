/** In which language this page speaks: what its reader chose here, else what the browser asks for. */

export const LANGUAGES = ['en', 'ko'] as const
export type Language = (typeof LANGUAGES)[number]

const KEY = 'openclaw.language'

const isLanguage = (tag: string | null | undefined): tag is Language => LANGUAGES.some((one) => one === tag)

/** The first of the wanted tags whose language there is. `ko-KR` is `ko`. */
export const pickLanguage = (wanted: readonly string[]): Language =>
  wanted.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en'

export const chosenLanguage = (): Language | null => {
  const chosen = globalThis.localStorage?.getItem(KEY)
  return isLanguage(chosen) ? chosen : null
}

/** Null: as the browser asks. It counts from the next load, so that no sentence is ever in two languages. */
export function chooseLanguage(chosen: Language | null): void {
  if (chosen) localStorage.setItem(KEY, chosen)
  else localStorage.removeItem(KEY)
}

export const language: Language = chosenLanguage() ?? pickLanguage(globalThis.document ? navigator.languages : ['en'])

/** For dates and numbers: the browser's own variant of the language, if it has one. */
export const locale: string = (globalThis.document ? navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) : null) ?? language
