import type { Catalogue } from '../../catalogue'
import type { usage as en } from '../en/usage'

export const usage: Catalogue<typeof en> = {}
