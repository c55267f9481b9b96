// Markdown as nodes. Whatever the text says, it becomes elements made here and text in them.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '')
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value)
  }
  made.append(...children)
  return made
}

/** Only where a browser may go. */
export function link(href, ...children) {
  let url
  try {
    url = new URL(href)
  } catch {
    return element('span', {}, ...children)
  }
  if (!['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol)) return element('span', {}, ...children)
  return element('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer' }, ...children)
}

export function rich(markdown) {
  const root = element('div', { class: 'rich' })
  blocks(markdown.replace(/\r\n?/g, '\n').split('\n'), root)
  return root
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/
const QUOTE = /^ {0,3}> ?/
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

function blocks(lines, into) {
  let at = 0
  while (at < lines.length) {
    const line = lines[at]
    if (line.trim() === '') at += 1
    else if (FENCE.test(line)) at = code(lines, at, into)
    else if (HEADING.test(line)) {
      const [, marks, text] = line.match(HEADING)
      into.append(inline(text, element(`h${Math.min(marks.length + 2, 5)}`)))
      at += 1
    } else if (RULE.test(line)) {
      into.append(element('hr'))
      at += 1
    } else if (QUOTE.test(line)) at = quote(lines, at, into)
    else if (ITEM.test(line)) at = list(lines, at, into)
    else if (isTable(lines, at)) at = table(lines, at, into)
    else at = paragraph(lines, at, into)
  }
}

function code(lines, at, into) {
  const [, marks, language] = lines[at].match(FENCE)
  let end = at + 1
  while (end < lines.length && !(lines[end].trim().startsWith(marks) && /^\s*[`~]+\s*$/.test(lines[end]))) end += 1
  const text = lines.slice(at + 1, end).join('\n')
  into.append(element('pre', { 'data-language': language.trim() || undefined }, element('code', {}, text)))
  return end + 1
}

function quote(lines, at, into) {
  let end = at
  while (end < lines.length && QUOTE.test(lines[end])) end += 1
  const inside = element('blockquote')
  blocks(lines.slice(at, end).map((line) => line.replace(QUOTE, '')), inside)
  into.append(inside)
  return end
}

/** One level; what is indented deeper is read as the inside of its item. */
function list(lines, at, into) {
  const [, indent, mark] = lines[at].match(ITEM)
  const ordered = /\d/.test(mark)
  const made = element(ordered ? 'ol' : 'ul', ordered ? { start: Number.parseInt(mark, 10) } : {})
  while (at < lines.length) {
    const found = lines[at].match(ITEM)
    if (!found || found[1].length !== indent.length || /\d/.test(found[2]) !== ordered) break
    const inside = []
    at += 1
    while (at < lines.length && (lines[at].trim() === '' ? isDeeper(lines[at + 1], indent) : isDeeper(lines[at], indent))) {
      inside.push(lines[at].slice(indent.length + 2))
      at += 1
    }
    made.append(item(found[3], inside))
    if (lines[at]?.trim() === '' && lines[at + 1]?.match(ITEM)?.[1].length === indent.length) at += 1
  }
  into.append(made)
  return at
}

function isDeeper(line, indent) {
  return line !== undefined && line.trim() !== '' && /^\s*/.exec(line)[0].length > indent.length
}

function item(text, inside) {
  const task = text.match(/^\[([ xX])\]\s+(.*)$/)
  const made = inline(task ? `${task[1] === ' ' ? '☐' : '☑'} ${task[2]}` : text, element('li', task ? { class: 'task' } : {}))
  blocks(inside, made)
  return made
}

function isTable(lines, at) {
  return lines[at].includes('|') && at + 1 < lines.length && lines[at + 1].includes('-') && DIVIDER.test(lines[at + 1])
}

function table(lines, at, into) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
  const row = (line, name) => element('tr', {}, ...cells(line).map((cell) => inline(cell, element(name))))
  const head = element('thead', {}, row(lines[at], 'th'))
  const body = element('tbody')
  at += 2
  while (at < lines.length && lines[at].includes('|')) {
    body.append(row(lines[at], 'td'))
    at += 1
  }
  into.append(element('div', { class: 'table' }, element('table', {}, head, body)))
  return at
}

function paragraph(lines, at, into) {
  let end = at + 1
  const begins = (line) => [FENCE, HEADING, RULE, QUOTE, ITEM].some((start) => start.test(line))
  while (end < lines.length && lines[end].trim() !== '' && !begins(lines[end]) && !isTable(lines, end)) end += 1
  into.append(inline(lines.slice(at, end).join('\n'), element('p', { class: 'words' })))
  return end
}

// The first that matches at the earliest place counts.
const MARKS = [
  [/(`+)([\s\S]*?[^`])\1(?!`)/, (found) => element('code', {}, found[2].trim())],
  [/!?\[([^\]]*)\]\(\s*<?([^\s)>]+)>?[^)]*\)/, (found) => inlineInto(found[1] || found[2], (...inside) => link(found[2], ...inside))],
  [/<(https?:[^\s>]+)>/, (found) => link(found[1], found[1])],
  [/\*\*(?=\S)([\s\S]*?\S)\*\*/, (found) => inline(found[1], element('strong'))],
  [/(?<!\w)__(?=\S)([\s\S]*?\S)__(?!\w)/, (found) => inline(found[1], element('strong'))],
  [/~~(?=\S)([\s\S]*?\S)~~/, (found) => inline(found[1], element('s'))],
  [/\*(?=[^\s*])([\s\S]*?[^\s*])\*/, (found) => inline(found[1], element('em'))],
  [/(?<!\w)_(?=[^\s_])([\s\S]*?[^\s_])_(?!\w)/, (found) => inline(found[1], element('em'))],
  [/https?:\/\/[^\s<>()]+[^\s<>().,:;!?'"]/, (found) => link(found[0], found[0])],
  [/\\([\\`*_{}[\]()#+\-.!|~<>])/, (found) => document.createTextNode(found[1])],
]

function inlineInto(text, make) {
  return make(...inline(text, element('span')).childNodes)
}

function inline(text, into) {
  while (text !== '') {
    let first
    for (const [pattern, make] of MARKS) {
      const found = pattern.exec(text)
      if (found && (first === undefined || found.index < first.found.index)) first = { found, make }
    }
    if (first === undefined) break
    into.append(text.slice(0, first.found.index), first.make(first.found))
    text = text.slice(first.found.index + first.found[0].length)
  }
  into.append(text)
  return into
}
