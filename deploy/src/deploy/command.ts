/** `make deploy`: from a checkout to a page that somebody can sign in to. */
import { Cdk } from '../cdk.ts'
import { type Description, field, needDescription } from '../description.ts'
import { Refusal } from '../errors.ts'
import { preflight, summary } from '../preflight/index.ts'
import { offerRelease } from '../release.ts'
import { ensureSnapshotKey } from '../secrets/snapshotKey.ts'
import { secretStates } from '../secrets/store.ts'
import { deleteWebhook, setWebhook } from '../telegram.ts'
import { agrees } from '../terminal.ts'
import { which, type World } from '../world.ts'
import { buildLambdas, buildOps, buildPage } from './build.ts'
import { firstUser } from './firstUser.ts'
import { pushImage } from './image.ts'
import { uploadPage } from './page.ts'
import { agreeOn, deployAll, placeForImages } from './plan.ts'
import { type Course, inSteps, type Step } from './steps.ts'
import { whatNext } from './summary.ts'
import { versionOf } from './version.ts'

export interface Wanted {
  /** Percent of the wake-ups that a new image gets at first. */
  share: number
  email?: string
  /** Build the image though its sources have not changed: for a newer Debian. */
  newImage: boolean
}

/** What one step finds out and a later one needs. */
interface Found {
  version: string
  cdk?: Cdk
  description?: Description
}

export async function deploy(world: World, wanted: Wanted, stopped: Promise<never>): Promise<void> {
  const again = `make deploy ${which(world)}`
  const course: Course = { terminal: world.terminal, again, now: world.now, stopped }
  const found: Found = { version: await versionOf(world) }
  world.terminal.say(`Deploying ${found.version} as "${world.deployment.name}" in ${world.deployment.region}.`)
  await inSteps([...toBuild(world), ...toChange(world, wanted, found), ...toFinish(world, wanted, found)], course)
  for (const line of await whatNext(world, described(found))) world.terminal.say(line)
}

function toBuild(world: World): Step[] {
  const left = 'nothing in AWS was changed by this step.'
  return [
    { title: 'Look at the machine and the account', usually: '10 seconds', left, run: () => lookedAt(world) },
    { title: 'Build the Lambdas for ARM64', usually: '10 minutes at first, then seconds', left, run: () => buildLambdas(world) },
    { title: "Build the operator's tool", usually: '3 minutes at first, then seconds', left, run: () => buildOps(world) },
    { title: 'Build the page', usually: '20 seconds', left, run: () => buildPage(world) },
  ]
}

function toChange(world: World, wanted: Wanted, found: Found): Step[] {
  const { name } = world.deployment
  return [
    {
      title: 'A place for images',
      usually: '6 minutes at first, then a second',
      left: `${name}-web and ${name}-storage, or a part of them. Empty they cost nothing, or a dollar a month if a KMS key protects the snapshots.`,
      run: () => placeForImages(world, found.version),
    },
    {
      title: 'Build and push the image',
      usually: '10 minutes, or a second if its sources have not changed',
      left: 'the deployment as it was. Layers that were pushed cost nothing until an image names them.',
      run: async () => {
        const { digest, says } = await pushImage(world, wanted.newImage)
        found.cdk = new Cdk(world, 'deploy', { imageDigest: digest, version: found.version })
        return says
      },
    },
    {
      title: 'Show what will change',
      usually: 'half a minute',
      left: 'the deployment as it was.',
      run: () => agreeOn(world, cdkOf(found)),
    },
    {
      title: 'The key of the snapshots',
      usually: 'a second',
      left: 'the deployment as it was.',
      run: () => ensureSnapshotKey(world),
    },
    {
      title: 'Deploy the stacks',
      usually: '10 minutes at first, then two',
      left:
        'stacks that were ready before are new, the one at work goes back by itself, those after it are old. ' +
        'Agents that are awake go on; no message is lost. CloudFormation finishes what it began even if nobody waits.',
      run: () => deployAll(world, cdkOf(found)),
    },
  ]
}

function toFinish(world: World, wanted: Wanted, found: Found): Step[] {
  return [
    {
      title: 'Upload the page',
      usually: '15 seconds',
      left: 'new Lambdas with the page as it was, or with the new one. Both work: a page is opened last.',
      run: async () => {
        found.description = await needDescription(world.aws, world.deployment)
        return uploadPage(world, found.description)
      },
    },
    {
      title: 'The first user',
      usually: 'a few seconds',
      left: 'everything is deployed; maybe nobody can sign in yet.',
      run: () => firstUser(world, described(found), wanted.email),
    },
    {
      title: 'Offer the new image to wake-ups',
      usually: 'a few seconds',
      left: 'everything is deployed; agents still start from the image before, or the newest at the first deploy.',
      run: () => offerRelease(world, described(found), wanted.share),
    },
    {
      title: 'Telegram',
      usually: 'a few seconds',
      left: 'everything is deployed, and the page works; the bot may not answer.',
      run: () => telegram(world),
    },
  ]
}

async function lookedAt(world: World): Promise<string> {
  const verdict = await preflight(world)
  if (verdict.problems === 0) return summary(verdict)
  world.terminal.say(summary(verdict))
  if (world.terminal.isInteractive && (await agrees(world.terminal, 'Go on all the same?', false))) return 'you said to go on'
  throw new Refusal('Mend what is marked PROBLEM above.')
}

async function telegram(world: World): Promise<string> {
  const there = await secretStates(world.aws, world.deployment)
  if (!world.options.telegram) {
    // Else Telegram would go on bringing what nobody takes.
    if (there.get('telegram-token')) await deleteWebhook(world)
    return 'off (option telegram)'
  }
  if (!there.get('telegram-token') || !there.get('telegram-secret')) {
    return `the bot has no token or secret yet: make secrets ${which(world)}`
  }
  return `Telegram brings what people write to ${await setWebhook(world)}`
}

function cdkOf({ cdk }: Found): Cdk {
  if (!cdk) throw new Error('the image comes before what is deployed')
  return cdk
}

function described({ description }: Found): Description {
  if (!description) throw new Error('the stacks come before what is known of them')
  field(description, 'PAGE_URL')
  return description
}
