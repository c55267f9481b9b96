import type { Catalogue } from '../../catalogue'
import type { files as en } from '../en/files'

export const files: Catalogue<typeof en> = {}
