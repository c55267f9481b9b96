import { agent } from './agent'
import { common } from './common'
import { data } from './data'
import { files } from './files'
import { schedules } from './schedules'
import { search } from './search'
import { settings } from './settings'
import { skills } from './skills'
import { snapshots } from './snapshots'
import { telegram } from './telegram'
import { usage } from './usage'

export const pages = { agent, common, data, files, schedules, search, settings, skills, snapshots, telegram, usage }
