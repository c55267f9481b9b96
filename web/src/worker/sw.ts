/**
 * Without a network the page still opens, and says what is missing.
 *
 * Each build has a worker and a cache of its own, filled before the worker is ready: what is shown offline
 * is whole, and never half of another build. A new worker waits until the last page of the old one is closed.
 */
import { kindOf } from './kind'

/** What the compiler knows of a worker is another library than the page's. This is all that is used of it. */
interface Lasting extends Event {
  waitUntil: (work: Promise<unknown>) => void
}
interface Asking extends Lasting {
  request: Request
  respondWith: (answer: Promise<Response>) => void
}
interface Worker {
  location: Location
  clients: { claim: () => Promise<void> }
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void
  addEventListener(type: 'fetch', listener: (event: Asking) => void): void
}

const worker = globalThis as unknown as Worker

// Both are written by the build.
const CACHE = 'openclaw %BUILD%'
const SHELL = '%SHELL%'.split(' ')

/** After so long without an answer what is kept is shown. */
const PATIENCE = 5000

worker.addEventListener('install', (event) => event.waitUntil(fill()))
worker.addEventListener('activate', (event) => event.waitUntil(takeOver()))
worker.addEventListener('fetch', (event) => {
  const kind = kindOf(event.request, worker.location.origin, SHELL)
  if (kind === 'asset') event.respondWith(kept(event))
  if (kind === 'page') event.respondWith(fresh(event.request, '/'))
  if (kind === 'latest') event.respondWith(latest(event))
})

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'no-cache' })))
}

async function takeOver(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith('openclaw ') && name !== CACHE).map((name) => caches.delete(name)))
  await worker.clients.claim()
}

/** Its name changes with its content, so what was seen once is good for as long as this build is. */
async function kept(event: Asking): Promise<Response> {
  const cache = await caches.open(CACHE)
  const found = await cache.match(event.request)
  if (found) return found
  const response = await fetch(event.request)
  if (response.ok) event.waitUntil(cache.put(event.request, response.clone()))
  return response
}

/** From the network, and as it was kept when there is none, or nothing but an error behind it. */
async function fresh(request: Request, path: string): Promise<Response> {
  const known = () => caches.open(CACHE).then((cache) => cache.match(path))
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) })
    return response.status < 500 ? response : ((await known()) ?? response)
  } catch (error) {
    const response = await known()
    if (response) return response
    throw error
  }
}

/** The last answer is the one that is kept. */
async function latest(event: Asking): Promise<Response> {
  const path = new URL(event.request.url).pathname
  const response = await fresh(event.request, path)
  if (response.ok) {
    const copy = response.clone()
    event.waitUntil(caches.open(CACHE).then((cache) => cache.put(path, copy)))
  }
  return response
}
