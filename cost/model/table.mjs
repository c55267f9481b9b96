// Tables to read: aligned for a terminal, or Markdown.

/** Dollars with as many digits as say something. */
export function dollars(usd) {
  if (usd === 0) return '0'
  if (usd < 0.0005) return '< 0.001'
  if (usd < 10) return usd.toFixed(3)
  return usd < 1000 ? usd.toFixed(2) : Math.round(usd).toLocaleString('en-US')
}

export function quantity(number) {
  if (number === 0) return '0'
  const digits = Math.max(0, 3 - Math.ceil(Math.log10(number)))
  return Number(number.toFixed(Math.min(6, digits))).toLocaleString('en-US', { maximumFractionDigits: 6 })
}

/** Rows of words; numbers, all columns but the first `words`, to the right. */
export function aligned([head, ...rows], words = 1) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length)))
  const line = (row) => row.map((cell, at) => (at < words ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  ')
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].map((text) => text.trimEnd()).join('\n')
}

export function markdown([head, ...rows]) {
  const line = (row) => `| ${row.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
