/** Tells the service worker which build it belongs to, and which files that build needs to open. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Plugin, Rolldown } from 'vite'

/** Files that keep their names. */
const PUBLIC = ['/theme.js', '/favicon.svg', '/manifest.webmanifest']

export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const worker = bundle['sw.js']
        if (worker?.type !== 'chunk') throw new Error('the build has no sw.js')
        const files = firstLoad(bundle).map((file) => `/${file}`)
        const hash = createHash('sha256').update(files.join()).update(worker.code)
        for (const path of PUBLIC) hash.update(readFileSync(`public${path}`))
        const shell = ['/', '/config.json', ...PUBLIC, ...files]
        worker.code = worker.code.replace('%BUILD%', hash.digest('hex').slice(0, 12)).replace('%SHELL%', shell.join(' '))
      },
    },
  }
}

/** What the page itself names, and the sentences of each language: they are imported later, but waited for. */
function firstLoad(bundle: Rolldown.OutputBundle): string[] {
  const page = bundle['index.html']
  if (page?.type !== 'asset') throw new Error('the build has no index.html')
  const named = [...String(page.source).matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file]) => file ?? '')
  const sentences = Object.values(bundle).filter((file) => file.type === 'chunk' && /\/src\/text\/[a-z]{2,3}\.ts$/.test(file.facadeModuleId ?? ''))
  return [...named, ...sentences.map(({ fileName }) => fileName)]
}
