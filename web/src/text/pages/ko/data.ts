import type { Catalogue } from '../../catalogue'
import type { data as en } from '../en/data'

export const data: Catalogue<typeof en> = {}
