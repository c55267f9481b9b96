import type { Catalogue } from '../../catalogue'
import type { agent as en } from '../en/agent'

export const agent: Catalogue<typeof en> = {}
