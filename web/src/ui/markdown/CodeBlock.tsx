/** A block of code, with its language, a copy button, and colour once the highlighter is here. */
import type { Element, ElementContent } from 'hast'
import { type ComponentProps, useEffect, useState } from 'react'
import type { ExtraProps } from 'react-markdown'
import { text } from '../../text'
import { CopyButton } from '../CopyButton'
import { Formula } from './Formula'
import type { highlight as highlighter } from './highlight'
import styles from './CodeBlock.module.css'

type Highlight = typeof highlighter

let loaded: Highlight | null = null

export function CodeBlock({ node, children }: ComponentProps<'pre'> & ExtraProps) {
  const code = node?.children.find((child): child is Element => child.type === 'element')
  const source = textOf(code?.children ?? [])
  const language = languageOf(code)
  const highlight = useHighlighter(language !== null && language !== 'math')
  if (language === 'math') return <Formula tex={source} display />
  return (
    <div className={styles.block}>
      <div className={styles.bar}>
        <span>{language}</span>
        <CopyButton label={text.code.copy} done={text.code.copied} value={() => source} />
      </div>
      {/* Long lines scroll, and whatever scrolls is reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.pre} dir="ltr" tabIndex={0}>
        {highlight && language ? <code>{highlight(source, language)}</code> : children}
      </pre>
    </div>
  )
}

function useHighlighter(wanted: boolean): Highlight | null {
  const [highlight, setHighlight] = useState<Highlight | null>(() => loaded)
  useEffect(() => {
    if (!wanted || highlight) return
    let current = true
    const load = async () => {
      loaded = (await import('./highlight')).highlight
      if (current) setHighlight(() => loaded)
    }
    void load()
    return () => {
      current = false
    }
  }, [wanted, highlight])
  return highlight
}

function languageOf(code: Element | undefined): string | null {
  const names = code?.properties['className']
  const name = Array.isArray(names) ? names.find((one) => String(one).startsWith('language-')) : undefined
  return name === undefined ? null : String(name).slice('language-'.length)
}

const textOf = (nodes: ElementContent[]): string =>
  nodes.map((node) => (node.type === 'text' ? node.value : node.type === 'element' ? textOf(node.children) : '')).join('')
