/**
 * A reply as markdown: no raw HTML, no remote images, no link that keeps a hold
 * on this page. It builds elements and never sets HTML, as Trusted Types demand.
 */
import { memo, type ReactNode, useRef } from 'react'
import ReactMarkdown, { type Components, type Options } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import remarkMath from 'remark-math'
import remend from 'remend'
import { text as words } from '../../text'
import { cut, emptyCut } from './blocks'
import { CodeBlock } from './CodeBlock'
import { remarkDisplay } from './display'
import { Formula, IsOpen } from './Formula'
import { markFormulas, mayHaveFormulas } from './formulas'
import { safeHref } from './links'
import styles from './Markdown.module.css'

type Plugins = Options['remarkPlugins']

const plugins: Plugins = [remarkGfm]
const pluginsWithMath: Plugins = [remarkGfm, [remarkMath, { singleDollarTextMath: false }], remarkDisplay]

const components: Components = {
  a: ({ href, children }) => <SafeLink href={href}>{children}</SafeLink>,
  // The address of an image can carry a secret away, so it is fetched only by a person's click.
  img: ({ src, alt }) => (
    <span className={styles.image}>
      <SafeLink href={typeof src === 'string' ? src : undefined}>{words.image(alt ?? '')}</SafeLink>
    </span>
  ),
  pre: CodeBlock,
  code: ({ className, children }) => {
    if (!className?.includes('math-inline')) return <code className={className}>{children}</code>
    return <Formula tex={String(children)} display={className.includes('math-display')} />
  },
  table: ({ children }) => (
    // Wide tables scroll on their own, by keyboard too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.table} tabIndex={0} role="group">
      <table dir="auto">{children}</table>
    </div>
  ),
  p: ({ children }) => <p dir="auto">{children}</p>,
  // The list and not its items, or the marks would stand outside on the wrong side.
  ul: ({ children, className }) => (
    <ul dir="auto" className={className}>
      {children}
    </ul>
  ),
  ol: ({ children, className, start }) => (
    <ol dir="auto" className={className} start={start}>
      {children}
    </ol>
  ),
  blockquote: ({ children }) => <blockquote dir="auto">{children}</blockquote>,
  // The page has its own first heading.
  h1: ({ children }) => <h2 dir="auto">{children}</h2>,
  h2: ({ children }) => <h2 dir="auto">{children}</h2>,
  h3: ({ children }) => <h3 dir="auto">{children}</h3>,
}

export default function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  const last = useRef(emptyCut)
  // A cache of a pure function: whatever it holds, the result is the same.
  // oxlint-disable-next-line react-hooks/refs
  const { blocks } = (last.current = cut(text, last.current))
  return (
    <div className={styles.prose} data-streaming={streaming}>
      {blocks.map((block, index) => (
        // A block's place is its identity: text is only ever appended.
        // oxlint-disable-next-line react/no-array-index-key
        <Block key={index} source={block} open={streaming && index === blocks.length - 1} />
      ))}
    </div>
  )
}

const Block = memo(function Block({ source, open }: { source: string; open: boolean }) {
  const math = mayHaveFormulas(source)
  const text = math ? markFormulas(source, open) : source
  return (
    <IsOpen value={open}>
      <ReactMarkdown remarkPlugins={math ? pluginsWithMath : plugins} components={components} urlTransform={(url) => url}>
        {open ? remend(text, { katex: false }) : text}
      </ReactMarkdown>
    </IsOpen>
  )
})

function SafeLink({ href, children }: { href: string | undefined; children: ReactNode }) {
  const safe = safeHref(href)
  if (!safe) return <>{children}</>
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  )
}
