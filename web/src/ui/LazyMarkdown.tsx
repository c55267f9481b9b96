/** Markdown without its weight at the start: until the renderer is here, the words are shown as they are. */
import { lazy, Suspense } from 'react'
import styles from './markdown/Markdown.module.css'

const load = () => import('./markdown/Markdown')

export const preloadMarkdown = load

const Markdown = lazy(load)

export function LazyMarkdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Suspense fallback={<div className={`${styles.prose} ${styles.plain}`}>{text}</div>}>
      <Markdown text={text} streaming={streaming} />
    </Suspense>
  )
}
