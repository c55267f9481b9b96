/** Sets a formula as MathML elements. A chunk of its own, fetched with the first formula. */
import { render } from 'katex'
import { inAlphabet } from './alphabets'

/** Null for what is no formula, or not yet. */
export function shapeOf(tex: string, displayMode: boolean): ChildNode[] | null {
  const into = document.createElement('span')
  // Both would write styles, which the policy refuses.
  const macros = { '\\pmb': '\\boldsymbol{#1}', '\\fcolorbox': '\\colorbox{#2}{#3}' }
  try {
    // A reply is hostile: no addresses, no sizes beyond the line, no expansions without an end.
    render(tex, into, { displayMode, output: 'mathml', throwOnError: true, strict: false, trust: false, maxSize: 20, maxExpand: 500, macros })
  } catch {
    return null
  }
  for (const letters of into.querySelectorAll('[mathvariant]')) respell(letters)
  return [...into.childNodes]
}

function respell(letters: Element): void {
  const variant = letters.getAttribute('mathvariant') ?? ''
  if (letters.childElementCount === 0) letters.textContent = inAlphabet(letters.textContent, variant)
}
