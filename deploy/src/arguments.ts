/** What `deploy.mk` passes on. Nothing secret ever comes this way. */
import { parseArgs } from 'node:util'
import { Refusal, reason } from './errors.ts'

export const COMMANDS = ['lambdas', 'preflight', 'secrets', 'deploy', 'invite', 'rollback', 'ops', 'destroy'] as const
export type Command = (typeof COMMANDS)[number]

const OPTIONS = {
  name: { type: 'string', default: 'openclaw' },
  region: { type: 'string', default: '' },
  yes: { type: 'boolean', default: false },
  share: { type: 'string', default: '25' },
  email: { type: 'string', default: '' },
  'new-image': { type: 'boolean', default: false },
  secret: { type: 'string', default: '' },
  generate: { type: 'boolean', default: false },
  remove: { type: 'boolean', default: false },
  'delete-data': { type: 'boolean', default: false },
  confirm: { type: 'string', default: '' },
} as const

export interface Arguments {
  command: Command
  name: string
  region: string
  yes: boolean
  share: number
  email: string
  newImage: boolean
  secret: string
  generate: boolean
  remove: boolean
  deleteData: boolean
  confirm: string
  /** For `ops`. */
  rest: string[]
}

export function readArguments(args: string[]): Arguments {
  const { values, positionals } = parsed(args)
  const [command = '', ...more] = positionals
  const known = COMMANDS.find((one) => one === command)
  if (!known) throw new Refusal(`What is to be done? One of: ${COMMANDS.join(', ')}.`)
  if (known !== 'ops' && more.length > 0) throw new Refusal(`"${more[0]}" is one word too many. A secret's value comes by the keyboard or a pipe, never as an argument.`)
  const { 'new-image': newImage, 'delete-data': deleteData, share, ...others } = values
  return { command: known, newImage, deleteData, share: percent(share), rest: more, ...others }
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true })
  } catch (error) {
    throw new Refusal(reason(error))
  }
}

function percent(text: string): number {
  const share = Number(text)
  if (/^\d+$/.test(text) && share >= 1 && share <= 100) return share
  throw new Refusal(`SHARE=${text} must be a whole number of percent, from 1 to 100.`)
}
