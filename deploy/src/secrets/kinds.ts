/** The secrets that a deployment may have, what they look like, and when a new one counts. */
import { randomBytes } from 'node:crypto'
import { Refusal } from '../errors.ts'

export const KINDS = ['model-key', 'telegram-token', 'telegram-secret'] as const
export type Kind = (typeof KINDS)[number]

interface Facts {
  what: string
  shape: RegExp
  /** Said of a value that does not have the shape, which is never shown itself. */
  wants: string
  takesEffect: string
}

/** A standard parameter of SSM holds 4 KB; a key has no spaces in it, whoever the provider is. */
export const FACTS: Record<Kind, Facts> = {
  'model-key': {
    what: "the model provider's key",
    shape: /^[\x21-\x7e]{8,4096}$/,
    wants: 'a key is 8 to 4096 visible characters without spaces',
    takesEffect: 'Each agent takes the new key at its next wake-up; one that is awake goes on with the old one until it sleeps.',
  },
  'telegram-token': {
    what: "the bot's token, from @BotFather",
    shape: /^\d+:[A-Za-z0-9_-]{35}$/,
    wants: "a bot's token is digits, a colon and 35 letters, digits, _ or -",
    takesEffect: 'The new token is read as soon as Telegram no longer takes the old one. Of another bot the webhook must be set.',
  },
  'telegram-secret': {
    what: 'what Telegram shows with every update',
    shape: /^[A-Za-z0-9_-]{1,256}$/,
    wants: 'the secret is 1 to 256 letters, digits, _ or -',
    takesEffect: 'Telegram learns it when the webhook is set again; until then its updates are refused, and it brings them again.',
  },
}

export function kindOf(text: string): Kind {
  const found = KINDS.find((kind) => kind === text)
  if (found) return found
  throw new Refusal(`There is no secret "${text}". They are: ${KINDS.join(', ')}.`)
}

/** A pipe often ends with a line break, which is not part of the value. */
export function checked(kind: Kind, text: string): string {
  const value = text.replace(/[\r\n]+$/, '')
  if (value === '') throw new Refusal(`No value came for ${kind}: nothing was changed.`)
  if (!FACTS[kind].shape.test(value)) {
    throw new Refusal(`That is no ${kind}: ${FACTS[kind].wants}; what came has ${value.length} characters. Nothing was changed.`)
  }
  return value
}

export const makeWebhookSecret = (): string => randomBytes(32).toString('hex')
