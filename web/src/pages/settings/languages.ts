/** Languages, and what they are called: in the page's language, or each in its own. */
import { locale } from '../../text/language'

/** Tags of what many people speak; a tag that was chosen elsewhere is added to them. */
const SPOKEN = ['ar', 'bn', 'cs', 'da', 'de', 'el', 'en', 'es', 'fa', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nb', 'nl', 'pl', 'pt-BR', 'pt-PT', 'ro', 'ru', 'sv', 'th', 'tr', 'uk', 'vi', 'zh-Hans', 'zh-Hant']

const names = new Intl.DisplayNames(locale, { type: 'language' })

export const languageName = (tag: string): string => nameBy(names, tag)

export const ownName = (tag: string): string => nameBy(new Intl.DisplayNames(tag, { type: 'language' }), tag)

/** A tag that is well formed to the server may be nonsense to the browser. */
function nameBy(display: Intl.DisplayNames, tag: string): string {
  try {
    return display.of(tag) ?? tag
  } catch {
    return tag
  }
}

/** The page's own reader first, then by name. */
export function answerLanguages(chosen: string | undefined): { value: string; label: string }[] {
  const tags = chosen === undefined || SPOKEN.includes(chosen) ? SPOKEN : [chosen, ...SPOKEN]
  return tags.map((value) => ({ value, label: languageName(value) })).toSorted((a, b) => a.label.localeCompare(b.label, locale))
}
