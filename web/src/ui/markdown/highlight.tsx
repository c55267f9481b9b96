/** Colours for code. A chunk of its own, fetched with the first block that names a language. */
import { toJsxRuntime } from 'hast-util-to-jsx-runtime'
import { common, createLowlight } from 'lowlight'
import type { ReactNode } from 'react'
import { Fragment, jsx, jsxs } from 'react/jsx-runtime'

const lowlight = createLowlight(common)

/** Beyond this, colour is not worth the wait. */
const LONGEST = 60_000

export function highlight(source: string, language: string): ReactNode {
  if (source.length > LONGEST || !lowlight.registered(language)) return source
  return toJsxRuntime(lowlight.highlight(language, source), { Fragment, jsx, jsxs })
}
