/** The real world, and which command is to be done in it. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Arguments, readArguments } from './arguments.ts'
import { awsClients, credentialVariables } from './aws.ts'
import { buildLambdas } from './deploy/build.ts'
import { deploy } from './deploy/command.ts'
import { invite } from './deploy/firstUser.ts'
import { Deployment } from './deployment.ts'
import { field, needDescription } from './description.ts'
import { destroy } from './destroy/command.ts'
import { Interrupted, Refusal, reason } from './errors.ts'
import { runOps } from './ops.ts'
import { choose, readContext, splitContext } from './options.ts'
import { refused } from './preflight/account.ts'
import { preflight, summary } from './preflight/index.ts'
import { rollback } from './release.ts'
import { secrets } from './secrets/command.ts'
import { CommandFailed, RealShell } from './shell.ts'
import { agrees, StreamTerminal } from './terminal.ts'
import type { World } from './world.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const FAILED = 1
const STOPPED_BY_KEYBOARD = 130

const shell = new RealShell()
/** While another program runs it is told to stop by the keyboard itself, and we hear of it when it ends. */
const stopped = new Promise<never>((_, reject) => {
  process.on('SIGINT', () => {
    if (!shell.isBusy) reject(new Interrupted())
  })
})
stopped.catch(() => {})

function worldOf(args: Arguments): World {
  const { context, agentPackages } = splitContext(args.name, readContext(ROOT, args.name))
  const region = args.region || context['region'] || process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || ''
  const deployment = new Deployment(args.name, region)
  const aws = awsClients(region)
  return {
    deployment,
    context,
    agentPackages,
    options: choose(args.name, region, context),
    aws,
    shell,
    terminal: new StreamTerminal({ input: process.stdin, output: process.stdout }),
    root: ROOT,
    yes: args.yes,
    now: () => new Date(),
    credentials: () => credentialVariables(aws),
  }
}

async function run(args: Arguments): Promise<unknown> {
  if (args.command === 'lambdas') return buildLambdas({ shell, root: ROOT })
  const world = worldOf(args)
  switch (args.command) {
    case 'preflight': {
      const verdict = await preflight(world)
      world.terminal.say(summary(verdict))
      if (verdict.problems > 0) process.exitCode = FAILED
      return
    }
    case 'secrets':
      return secrets(world, { ...(args.secret && { secret: args.secret }), generate: args.generate, remove: args.remove })
    case 'deploy':
      return deploy(world, { share: args.share, newImage: args.newImage, ...(args.email && { email: args.email }) }, stopped)
    case 'invite':
      return world.terminal.say(await invite(world, field(await needDescription(world.aws, world.deployment), 'USER_POOL_ID'), args.email))
    case 'ops':
      return runOps(world, args.rest).catch((error: unknown) => {
        // It has said why itself.
        if (!(error instanceof CommandFailed)) throw error
        process.exitCode = error.code ?? FAILED
      })
    case 'destroy':
      return destroy(world, { deleteData: args.deleteData, ...(args.confirm && { confirm: args.confirm }) }, stopped)
    case 'rollback':
      if (await agrees(world.terminal, `Go back to the image before, for the next wake-ups of "${args.name}"?`, args.yes)) return rollback(world)
  }
}

/** A sentence where there is one; of what nobody expected at least its name. */
function told(error: unknown): string {
  if (error instanceof Refusal || error instanceof Interrupted) return error.message
  const who = refused(error, process.env['AWS_REGION'] ?? 'this region')
  if (who) return `AWS: ${who.says}.\n${who.todo ?? ''}`
  return `${error instanceof Error ? error.name : 'Error'}: ${reason(error)}`
}

try {
  await Promise.race([run(readArguments(process.argv.slice(2))), stopped])
} catch (error) {
  process.stderr.write(`\n${told(error)}\n`)
  process.exit(error instanceof Interrupted ? STOPPED_BY_KEYBOARD : FAILED)
}
