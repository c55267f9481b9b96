import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { firstChunk } from './scripts/firstChunk.ts'
import { serviceWorker } from './scripts/serviceWorker.ts'

// Where `make run` listens. `npm run dev` serves the page itself with hot
// reload and passes everything else through, so sign-in sees one origin.
const backend = 'http://localhost:8787'

export default defineConfig({
  plugins: [react(), serviceWorker()],
  build: {
    target: 'es2023',
    // The first that know `:dir()`: written out for older ones it is a list of languages, and not what `dir` says.
    cssTarget: ['chrome120', 'edge120', 'firefox120', 'safari16.4', 'ios16.4'],
    // The policy forbids data: in font-src and script-src; files are also cached for good.
    assetsInlineLimit: 0,
    // The preload polyfill is an inline-free script, but no browser of our baseline needs it.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/worker/sw.ts' },
      // A worker's scope is where its file is, and its name is how a browser knows it again.
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        codeSplitting: { groups: [firstChunk(resolve('src/main.tsx'))] },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': backend,
      '/oidc': backend,
      '/config.json': backend,
      '/ws': { target: backend, ws: true },
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
})
