/** What the pages beside the chat say. They are loaded later, and so are their sentences. */
import type { Catalogue } from '../catalogue'
import { type Language, language } from '../language'
import type { pages as en } from './en'

export type PagesText = Catalogue<typeof en>

const catalogues: Record<Language, () => Promise<PagesText>> = {
  en: async () => (await import('./en')).pages,
  ko: async () => (await import('./ko')).pages,
}

export const words: PagesText = await catalogues[language]()
