import type { Catalogue } from '../../catalogue'
import type { snapshots as en } from '../en/snapshots'

export const snapshots: Catalogue<typeof en> = {}
