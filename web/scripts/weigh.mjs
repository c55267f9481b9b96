// Adds up what a browser loads before the page shows anything, as it comes over the wire, and fails above the limit.
//
//   node scripts/weigh.mjs [DIST]
//
// Counted are the entry, all that it imports, the styles, the theme, and the sentences of one language: of the
// heaviest. A second line says what of it is JavaScript.
// What it prints is what it is for.
/* oxlint-disable no-console */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const LIMIT = 150 * 1024

const dist = process.argv[2] ?? 'dist'
const read = (path) => readFileSync(join(dist, path))
const weigh = (path) => ({ path, bytes: gzipSync(read(path)).length })
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0)
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`

const page = read('index.html').toString()
const named = [...page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path)
// The service worker knows them all, in every language.
const shell = read('sw.js').toString().match(/\/assets\/[^ `'"]+/g)?.map((path) => path.slice(1)) ?? []
const sentences = shell.filter((path) => !named.includes(path)).map(weigh)
sentences.sort((a, b) => b.bytes - a.bytes)

const files = [...named.map(weigh), ...sentences.slice(0, 1)]
files.sort((a, b) => b.bytes - a.bytes)
for (const { path, bytes } of files) console.log(kilobytes(bytes).padStart(10), path)
const total = sum(files)
console.log(kilobytes(total).padStart(10), `in all, of at most ${kilobytes(LIMIT)}`)
console.log(kilobytes(sum(files.filter(({ path }) => path.endsWith('.js')))).padStart(10), 'of it JavaScript')
if (shell.length < named.length || total > LIMIT) process.exitCode = 1
