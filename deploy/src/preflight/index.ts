/** `make preflight`: everything that a deploy needs, looked at before anything is changed. */
import { Interrupted, reason } from '../errors.ts'
import { agrees } from '../terminal.ts'
import type { World } from '../world.ts'
import { accountCheck } from './account.ts'
import { bootstrapCheck } from './bootstrap.ts'
import { type Check, type Looked, look, shown } from './check.ts'
import { ecsRoleCheck, ipv6Check } from './ecs.ts'
import { nameCheck } from './name.ts'
import { onDemandQuotaCheck, spotQuotaCheck } from './quotas.ts'
import { modelCheck, regionCheck } from './region.ts'
import { secretsCheck } from './secrets.ts'
import { armTargetCheck, dockerCheck, lambdaToolCheck, toolChecks } from './tools.ts'

const OF_THE_MACHINE: Check[] = [...toolChecks, armTargetCheck, lambdaToolCheck, dockerCheck]
const OF_THE_ACCOUNT: Check[] = [
  regionCheck,
  bootstrapCheck,
  nameCheck,
  spotQuotaCheck,
  onDemandQuotaCheck,
  ecsRoleCheck,
  ipv6Check,
  modelCheck,
  secretsCheck,
]

export interface Verdict {
  problems: number
  warnings: number
}

/** Says what it found, mends what the operator lets it mend, and counts what is left. */
export async function preflight(world: World, machine: Check[] = OF_THE_MACHINE): Promise<Verdict> {
  const tools = await Promise.all(machine.map((check) => look(check, world)))
  const account = await look(accountCheck, world)
  for (const found of [...tools, account]) world.terminal.say(shown(found))
  const rest = await ofTheAccount(world, account)
  const all = [...tools, account, ...rest]
  const count = (outcome: string) => all.filter((found) => found.outcome === outcome).length
  return { problems: count('problem'), warnings: count('warning') }
}

/** Without credentials every question to AWS would fail for the same reason: said once. */
async function ofTheAccount(world: World, account: Looked): Promise<Looked[]> {
  if (account.outcome === 'problem') {
    world.terminal.say(`          not looked at without an account: ${OF_THE_ACCOUNT.map(({ title }) => title).join(', ')}`)
    return []
  }
  const found = await Promise.all(OF_THE_ACCOUNT.map((check) => look(check, world)))
  const left: Looked[] = []
  for (const [place, one] of found.entries()) {
    world.terminal.say(shown(one))
    left.push(await mended(world, OF_THE_ACCOUNT[place] as Check, one))
  }
  return left
}

async function mended(world: World, check: Check, found: Looked): Promise<Looked> {
  if (!found.mend || (!world.terminal.isInteractive && !world.yes)) return found
  if (!(await agrees(world.terminal, `          ${found.mend.question}`, world.yes))) return found
  try {
    await found.mend.run()
  } catch (error) {
    if (error instanceof Interrupted) throw error
    world.terminal.say(`          That did not work: ${reason(error)}`)
  }
  const again = await look(check, world)
  world.terminal.say(shown(again))
  return again
}

export function summary({ problems, warnings }: Verdict): string {
  const noted = warnings ? `, ${plural(warnings, 'warning')}` : ''
  return problems ? `${plural(problems, 'problem')}${noted}: deploying would fail.` : `Nothing stands in the way of a deploy${noted}.`
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
