/** Which way a language is written. None of ours is from right to left yet; the page is laid out for both. */
const FROM_THE_RIGHT = new Set(['ar', 'dv', 'fa', 'he', 'ps', 'ur', 'yi'])

export const directionOf = (tag: string): 'ltr' | 'rtl' => (FROM_THE_RIGHT.has(tag.toLowerCase().split('-')[0] ?? '') ? 'rtl' : 'ltr')
