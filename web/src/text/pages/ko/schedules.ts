import type { Catalogue } from '../../catalogue'
import type { schedules as en } from '../en/schedules'

export const schedules: Catalogue<typeof en> = {}
