import { API } from './api.ts'
import { COMPUTE } from './compute.ts'
import { IDENTITY } from './identity.ts'
import { MONITORING } from './monitoring.ts'
import { NETWORK } from './network.ts'
import type { Promise } from './promise.ts'
import { STORAGE } from './storage.ts'
import { WEB } from './web.ts'

export const PROMISES: Readonly<Record<string, readonly Promise[]>> = {
  network: NETWORK, storage: STORAGE, identity: IDENTITY, compute: COMPUTE, api: API, web: WEB, monitoring: MONITORING,
}
