import { COMPUTE } from './compute.ts'
import { FUNCTIONS } from './functions.ts'
import { IDENTITY } from './identity.ts'
import { MONITORING } from './monitoring.ts'
import { NETWORK } from './network.ts'
import type { Promise } from './promise.ts'
import { ROUTED } from './routes.ts'
import { STORAGE } from './storage.ts'
import { WEB } from './web.ts'

export const PROMISES: Readonly<Record<string, readonly Promise[]>> = {
  network: NETWORK, storage: STORAGE, identity: IDENTITY, compute: COMPUTE, functions: FUNCTIONS, routes: ROUTED, web: WEB, monitoring: MONITORING,
}
