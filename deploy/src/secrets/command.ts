/**
 * `make secrets`: shows which secrets there are and takes new ones, typed unseen or by a pipe. A value goes from
 * standard input into SSM and nowhere else: no argument, no environment, no log, no shell history.
 */
import { readDescription } from '../description.ts'
import { Refusal } from '../errors.ts'
import { setWebhook } from '../telegram.ts'
import { agrees } from '../terminal.ts'
import { which, type World } from '../world.ts'
import { checked, FACTS, type Kind, KINDS, kindOf, makeWebhookSecret } from './kinds.ts'
import { addSnapshotKey } from './snapshotKey.ts'
import { putSecret, removeSecret, secretStates, SNAPSHOT_KEY, type State, STORED } from './store.ts'

export interface Wanted {
  /** Only this one; without it each is asked for in turn. */
  secret?: string
  generate: boolean
  remove: boolean
}

export async function secrets(world: World, wanted: Wanted): Promise<void> {
  if (wanted.secret === SNAPSHOT_KEY) return rotateSnapshotKey(world, wanted)
  const only = wanted.secret === undefined ? undefined : kindOf(wanted.secret)
  if (!only && (wanted.generate || wanted.remove)) throw new Refusal('Of which secret? Say SECRET=telegram-secret, for example.')
  if (wanted.generate && only !== 'telegram-secret') throw new Refusal('Only telegram-secret can be made here: the others come from elsewhere.')
  if (wanted.remove && only) return remove(world, only)
  const changed = only ? await takeOne(world, only, wanted.generate) : await takeEach(world)
  await afterwards(world, changed)
}

async function rotateSnapshotKey(world: World, wanted: Wanted): Promise<void> {
  const { aws, deployment, terminal } = world
  if (wanted.remove) throw new Refusal('Without it nobody reads the snapshots again: only `make destroy DATA=delete` removes it.')
  if (!wanted.generate) throw new Refusal(`It is made here and never typed: SECRET=${SNAPSHOT_KEY} GENERATE=1 puts a new key beside the old ones.`)
  const id = await addSnapshotKey(aws, deployment.secretParameter(SNAPSHOT_KEY))
  terminal.say(`key ${id} wraps from now on. Now put the users' keys under it: make ops ${which(world)} DO="keys rewrap --all"`)
}

async function takeOne(world: World, kind: Kind, generate: boolean): Promise<Kind[]> {
  const value = generate ? makeWebhookSecret() : await typed(world, kind)
  if (value === undefined) throw new Refusal(`No value came for ${kind}: nothing was changed.`)
  await put(world, kind, value)
  return [kind]
}

async function typed({ terminal }: World, kind: Kind): Promise<string | undefined> {
  if (!terminal.isInteractive) return checked(kind, await terminal.readAll())
  const value = await terminal.askUnseen(`${kind} (${FACTS[kind].what}; what you type is not shown): `)
  return value === '' ? undefined : checked(kind, value)
}

async function takeEach(world: World): Promise<Kind[]> {
  const { terminal } = world
  await show(world)
  if (!terminal.isInteractive) throw new Refusal('Which one is it that comes by the pipe? Say SECRET=model-key, for example.')
  terminal.say('A new value for each, or Enter to leave it as it is. What you type is not shown.')
  const changed: Kind[] = []
  for (const kind of KINDS) if (await takeIfTyped(world, kind)) changed.push(kind)
  return changed
}

async function takeIfTyped(world: World, kind: Kind): Promise<boolean> {
  const { terminal } = world
  const hint = kind === 'telegram-secret' ? '; "make" makes one' : ''
  for (;;) {
    const text = await terminal.askUnseen(`  ${kind} (${FACTS[kind].what}${hint}): `)
    if (text === '') return false
    try {
      const isMade = kind === 'telegram-secret' && text === 'make'
      await put(world, kind, isMade ? makeWebhookSecret() : checked(kind, text))
      return true
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      terminal.say(`  ${error.message}`)
    }
  }
}

async function put(world: World, kind: Kind, value: string): Promise<void> {
  await putSecret(world.aws, world.deployment, kind, value)
  world.terminal.say(`  ${kind} is in ${world.deployment.secretParameter(kind)}. ${FACTS[kind].takesEffect}`)
}

async function remove(world: World, kind: Kind): Promise<void> {
  const where = world.deployment.secretParameter(kind)
  if (!(await agrees(world.terminal, `Delete ${where}?`, world.yes))) return world.terminal.say('Nothing was changed.')
  const was = await removeSecret(world.aws, world.deployment, kind)
  world.terminal.say(was ? `${where} is deleted.` : `${where} did not exist.`)
}

async function show({ aws, deployment, terminal }: World): Promise<void> {
  const states = await secretStates(aws, deployment)
  terminal.say(`Secrets of "${deployment.name}" in ${deployment.region}:`)
  // A deployment with a KMS key has none of ours.
  const shown = STORED.filter((kind) => kind !== SNAPSHOT_KEY || states.has(kind))
  for (const kind of shown) terminal.say(`  ${kind.padEnd(16)} ${told(states.get(kind))}`)
}

const told = (state: State | undefined): string =>
  state ? `there, last changed ${state.changedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? 'some time ago'} UTC` : 'not there'

/** A bot that has both answers as soon as Telegram knows the address and the secret. */
async function afterwards(world: World, changed: Kind[]): Promise<void> {
  if (!changed.some((kind) => kind.startsWith('telegram'))) return
  const states = await secretStates(world.aws, world.deployment)
  const missing = (['telegram-token', 'telegram-secret'] as const).filter((kind) => !states.get(kind))
  if (missing.length > 0) return world.terminal.say(`For the bot ${missing.join(' and ')} is still missing.`)
  const isDeployed = (await readDescription(world.aws, world.deployment)) !== undefined
  if (!isDeployed || (!world.terminal.isInteractive && !world.yes)) return world.terminal.say('`make deploy` sets the webhook.')
  if (await agrees(world.terminal, 'Set the webhook now, so that Telegram uses them?', world.yes)) await setWebhook(world)
}
