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

test('formulas are known by all their marks, and money is money', () => {
  const html = render('so $x^2$ and \\(y_1\\), for $5 or $10:\n\n$$\na\n= b\n$$\n\n\\[ c_1 \\]')
  const formulas = [...html.matchAll(/data-display="(\w+)"[^>]*>([^<]*)</g)].map(([, display, tex]) => [display, tex])
  expect(formulas).toEqual([
    ['false', 'x^2'],
    ['false', 'y_1'],
    ['true', 'a = b'],
    ['true', 'c_1'],
  ])
  expect(html).toContain('for $5 or $10')
})

test.each(['so \\(a_1', 'so $$a_1 + \\frac{b_', '\\[\na_1\n= b_', 'with *star and $$a * b'])('half a formula shows no mark: `%s`', (source) => {
  expect(render(source, true)).not.toMatch(/\$|\\[([]|_<\/?em>/)
})

test('underscores and stars of a formula are not words in italics', () => {
  expect(render('$a_1$ and $b_1 * c * d$', true)).not.toContain('<em>')
})

test('a block of code in the language of formulas is one', () => {
  expect(render('```math\na^2\n```')).toContain('data-display="true"')
})
