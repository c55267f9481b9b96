import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { safeHref } from './links'
import Markdown from './Markdown'

const render = (text: string, streaming = false) => renderToStaticMarkup(createElement(Markdown, { text, streaming }))

test('html of a reply is text', () => {
  const html = render('<script>alert(1)</script>\n\nHi <img src=x onerror=alert(1)> there')
  expect(html).not.toMatch(/<script|<img/)
  expect(html).toContain('&lt;script&gt;')
})

test('an image is not fetched but can be opened', () => {
  const html = render('![plan](https://example.com/p.png)')
  expect(html).not.toContain('<img')
  expect(html).toContain('href="https://example.com/p.png"')
})

test('links open elsewhere and know nothing of this page', () => {
  expect(render('[a](https://example.com/)')).toContain('<a href="https://example.com/" target="_blank" rel="noopener noreferrer">a</a>')
})

test.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example', '/c/default', 'blob:x', ''])(
  '`%s` is no link',
  (href) => expect(safeHref(href)).toBeNull(),
)

test.each(['https://example.com/a?b=c', 'mailto:ana@example.com'])('`%s` is a link', (href) => expect(safeHref(href)).toBe(href))

test('half a table, half a link and half a word in bold show no syntax', () => {
  expect(render('This is **bol', true)).toContain('<strong>bol</strong>')
  expect(render('See [the docs](https://exam', true)).not.toContain('https://exam')
})

test('every paragraph finds its own direction', () => {
  expect(render('مرحبا\n\nhello').match(/<p dir="auto">/g)).toHaveLength(2)
})
