// Adds up what a browser loads before the page shows anything, as it comes over the wire, and fails above the limit.
//
//   node scripts/weigh.mjs [DIST]
//
// Two sums, one limit: what the page itself names (the entry, all that it imports, the styles, the theme); and all
// of the JavaScript, with the sentences of one language, the heaviest, which are imported later but waited for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

// What it prints is what it is for.
/* oxlint-disable no-console */

const LIMIT = 150 * 1024

const dist = process.argv[2] ?? 'dist'
const read = (path) => readFileSync(join(dist, path))
const weigh = (path) => ({ path, bytes: gzipSync(read(path)).length })
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0)
const heaviestFirst = (files) => files.toSorted((a, b) => b.bytes - a.bytes)
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`.padStart(9)

const page = read('index.html').toString()
const named = [...page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path)
// The service worker knows what the page waits for, in every language.
const shell = read('sw.js').toString().match(/\/assets\/[^ `'"]+/g)?.map((path) => path.slice(1)) ?? []
const sentences = heaviestFirst(shell.filter((path) => !named.includes(path)).map(weigh))
if (sentences.length === 0) throw new Error('sw.js names no sentences: is this a build of the page?')

const files = named.map(weigh)
const script = [...files, sentences[0]].filter(({ path }) => path.endsWith('.js'))
for (const { path, bytes } of heaviestFirst([...files, sentences[0]])) console.log(kilobytes(bytes), path)
for (const [what, all] of [['named by the page', files], ['of JavaScript', script]]) {
  console.log(kilobytes(sum(all)), `${what}, of at most ${kilobytes(LIMIT).trim()}`)
  if (sum(all) > LIMIT) process.exitCode = 1
}
