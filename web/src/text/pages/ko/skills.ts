import type { Catalogue } from '../../catalogue'
import type { skills as en } from '../en/skills'

export const skills: Catalogue<typeof en> = {}
