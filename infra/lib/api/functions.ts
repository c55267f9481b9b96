/** The functions and their sizes. What each may do is in permissions.ts, what it is told in settings.ts. */
import type { Construct } from 'constructs'
import type { Names } from '../names.ts'
import type { Options } from '../options/index.ts'
import { RustFunction, type Size } from './function.ts'
import { settingsOf } from './settings.ts'
import type { ApiParts } from './parts.ts'

export const CRATES = ['ws-connect', 'ws-message', 'ws-disconnect', 'api', 'telegram-webhook', 'watchdog', 'scheduled-message', 'prewarm'] as const

export type Crate = (typeof CRATES)[number]

/**
 * MiB and seconds. A program of ours needs 12 MB; more memory is a larger share of a processor, which is what a TLS
 * handshake at a cold start needs. API Gateway gives up after 29 s (WebSocket) and 30 s (HTTP).
 */
const SIZES: Readonly<Record<Crate, Size>> = {
  'ws-connect': { memory: 256, seconds: 10 },
  'ws-message': { memory: 256, seconds: 29 },
  'ws-disconnect': { memory: 256, seconds: 10 },
  api: { memory: 512, seconds: 30 },
  'telegram-webhook': { memory: 256, seconds: 30 },
  watchdog: { memory: 256, seconds: 300 },
  'scheduled-message': { memory: 256, seconds: 60 },
  prewarm: { memory: 256, seconds: 60 },
}

export type Functions = Partial<Record<Crate, RustFunction>> & Record<Exclude<Crate, 'prewarm' | 'telegram-webhook'>, RustFunction>

export function makeFunctions(scope: Construct, options: Options, names: Names, parts: ApiParts): Functions {
  const make = (crate: Crate) => new RustFunction(scope, crate, options, names, SIZES[crate], settingsOf(crate, options, names, parts))
  return {
    'ws-connect': make('ws-connect'),
    'ws-message': make('ws-message'),
    'ws-disconnect': make('ws-disconnect'),
    api: make('api'),
    watchdog: make('watchdog'),
    'scheduled-message': make('scheduled-message'),
    ...(options.telegram && { 'telegram-webhook': make('telegram-webhook') }),
    ...(options.prewarm.spares > 0 && { prewarm: make('prewarm') }),
  }
}
