/**
 * What the chat says, in the reader's language.
 *
 * Only that language is loaded. It is there before any module that imports this one runs, so a
 * sentence may stand in a constant.
 */
import type { Catalogue } from './catalogue'
import type { en } from './en'
import { type Language, language } from './language'

export type Text = Catalogue<typeof en>

const catalogues: Record<Language, () => Promise<Text>> = {
  en: async () => (await import('./en')).en,
  ko: async () => (await import('./ko')).ko,
}

export const text: Text = await catalogues[language]()
