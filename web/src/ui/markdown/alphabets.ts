/**
 * Letters of formulas in the alphabets that mathematics has for them: ℝ, 𝓛, 𝔤, 𝐱. KaTeX asks for them by
 * `mathvariant`, which browsers do not heed any more: they want the letters themselves.
 */

/** Where an alphabet's A, a and 0 stand. */
const ALPHABETS: Record<string, { upper: number; lower: number; digit?: number }> = {
  bold: { upper: 0x1d400, lower: 0x1d41a, digit: 0x1d7ce },
  italic: { upper: 0x1d434, lower: 0x1d44e },
  'bold-italic': { upper: 0x1d468, lower: 0x1d482 },
  script: { upper: 0x1d49c, lower: 0x1d4b6 },
  'bold-script': { upper: 0x1d4d0, lower: 0x1d4ea },
  fraktur: { upper: 0x1d504, lower: 0x1d51e },
  'double-struck': { upper: 0x1d538, lower: 0x1d552, digit: 0x1d7d8 },
  'bold-fraktur': { upper: 0x1d56c, lower: 0x1d586 },
  'sans-serif': { upper: 0x1d5a0, lower: 0x1d5ba, digit: 0x1d7e2 },
  'bold-sans-serif': { upper: 0x1d5d4, lower: 0x1d5ee, digit: 0x1d7ec },
  'sans-serif-italic': { upper: 0x1d608, lower: 0x1d622 },
  monospace: { upper: 0x1d670, lower: 0x1d68a, digit: 0x1d7f6 },
}

/** Letters that were there before their alphabet was. */
const ELDERS: Record<string, Record<string, string>> = {
  italic: { h: 'ℎ' },
  script: { B: 'ℬ', E: 'ℰ', F: 'ℱ', H: 'ℋ', I: 'ℐ', L: 'ℒ', M: 'ℳ', R: 'ℛ', e: 'ℯ', g: 'ℊ', o: 'ℴ' },
  fraktur: { C: 'ℭ', H: 'ℌ', I: 'ℑ', R: 'ℜ', Z: 'ℨ' },
  'double-struck': { C: 'ℂ', H: 'ℍ', N: 'ℕ', P: 'ℙ', Q: 'ℚ', R: 'ℝ', Z: 'ℤ' },
}

export function inAlphabet(text: string, variant: string): string {
  const alphabet = ALPHABETS[variant]
  if (!alphabet) return text
  return text.replaceAll(/[A-Za-z0-9]/g, (letter) => {
    const elder = ELDERS[variant]?.[letter]
    if (elder) return elder
    const code = letter.charCodeAt(0)
    if (code >= 97) return String.fromCodePoint(alphabet.lower + code - 97)
    if (code >= 65) return String.fromCodePoint(alphabet.upper + code - 65)
    return alphabet.digit === undefined ? letter : String.fromCodePoint(alphabet.digit + code - 48)
  })
}
