import { expect, test } from 'vitest'
import { markFormulas } from './formulas'

const marked = (source: string) => markFormulas(source, false)
const half = (source: string) => markFormulas(source, true)

test.each([
  ['$$a^2$$', '$$ a^2 $$'],
  ['$$\na\n= b\n$$', '$$ a = b $$'],
  ['$$ a\n+ b $$ and on', '$$ a + b $$ and on'],
  ['\\[\nx % the unknown\n+ y\n\\]', '$$ x  + y $$'],
  ['so \\(x_1\\) is', 'so $$$ x_1 $$$ is'],
  ['> $$\n> a\n> $$', '> $$ a $$'],
  ['| $|x|$ | 1 |', '| $$$ \\vert x\\vert  $$$ | 1 |'],
  ['$\\frac{1}{2}$', '$$$ \\frac{1}{2} $$$'],
  ['$x$, $n = 5$, $f(x)$, $2x$ and $e^{i\\pi}$', '$$$ x $$$, $$$ n = 5 $$$, $$$ f(x) $$$, $$$ 2x $$$ and $$$ e^{i\\pi} $$$'],
  ['\\(\\text{costs \\$5}\\)', '$$$ \\text{costs \\$5} $$$'],
])('`%s` is a formula', (source, out) => expect(marked(source)).toBe(out))

test.each([
  'It costs $5 and $10.',
  'Between $20/month and $30/month',
  '$5-$10, US$ 7 and A$ 8, 100$-200$',
  '5$, not 6$',
  'a $5 bill and 5$ more',
  '$HOME/bin:$PATH and $FOO_BAR',
  '(was $7) now $6',
  'only \\$5 and \\$6',
  'in `$x^2$` and ``\\(a\\)``',
  '```\n$$\na\n$$\n```',
  '- ~~~sh\n  echo $a_1$\n  ~~~',
  'see \\[1\\], \\[sic\\] and \\[this\\](https://example.com)',
  '\\(as said above\\)',
  'a \\\\(b\\\\)',
])('`%s` is none', (source) => expect(marked(source)).toBe(source))

test('a mark without an end is text', () => {
  expect(marked('pay $$ here')).toBe('pay \\$\\$ here')
  expect(marked('a \\[ b')).toBe('a \\[ b')
})

test('a formula that is still being written ends where the text does', () => {
  expect(half('so $$\\frac{a')).toBe('so $$ \\frac{a $$')
  expect(half('so \\(x_')).toBe('so $$$ x_ $$$')
  expect(half('it costs $5 and')).toBe('it costs $5 and')
})

test('what comes after code is looked at again', () => {
  expect(marked('```\n$x$\n```\n$x$')).toBe('```\n$x$\n```\n$$$ x $$$')
})
