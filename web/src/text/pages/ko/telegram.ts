import type { Catalogue } from '../../catalogue'
import type { telegram as en } from '../en/telegram'

export const telegram: Catalogue<typeof en> = {}
