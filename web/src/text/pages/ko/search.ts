import type { Catalogue } from '../../catalogue'
import type { search as en } from '../en/search'

export const search: Catalogue<typeof en> = {}
