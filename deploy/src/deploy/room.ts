/**
 * The repository keeps the images that were pushed last, and ECR does not ask whether an older one is in use. So before
 * another comes, the oldest that no release needs goes: a row of candidates that came to nothing never costs the
 * image that everybody starts from.
 */
import { BatchDeleteImageCommand, paginateDescribeImages } from '@aws-sdk/client-ecr'
import { readDescription } from '../description.ts'
import { Refusal } from '../errors.ts'
import { askOps } from '../ops.ts'
import { type Release, taskDefinitionOf } from '../release.ts'
import { which, type World } from '../world.ts'

/** How many went. */
export async function makeRoom(world: World): Promise<number> {
  const { aws, deployment, options } = world
  // Whatever is there of a deployment that is not finished, nobody starts from it.
  if (!(await readDescription(aws, deployment))) return 0
  const images = await oldestFirst(world)
  const over = images.length + 1 - options.imagesKept
  if (over <= 0) return 0
  const needed = await digestsInUse(world)
  const idle = images.filter((digest) => !needed.has(digest))
  if (idle.length < over) {
    throw new Refusal(
      `${deployment.repository} keeps ${options.imagesKept} images, and releases need ${images.length - idle.length} of them: with another one ECR would delete one in use. ` +
        `End the trial of the candidate first (make ops ${which(world)} DO="release promote", or make rollback ${which(world)}), or set imagesKept to more.`,
    )
  }
  const imageIds = idle.slice(0, over).map((imageDigest) => ({ imageDigest }))
  const { failures = [] } = await aws.ecr.send(new BatchDeleteImageCommand({ repositoryName: deployment.repository, imageIds }))
  if (failures[0]) throw new Refusal(`${deployment.repository}: ${failures[0].imageId?.imageDigest} cannot be deleted (${failures[0].failureReason}).`)
  return imageIds.length
}

async function oldestFirst({ aws, deployment }: World): Promise<string[]> {
  const pushed: [digest: string, at: number][] = []
  for await (const { imageDetails = [] } of paginateDescribeImages({ client: aws.ecr }, { repositoryName: deployment.repository })) {
    for (const { imageDigest = '', imagePushedAt } of imageDetails) pushed.push([imageDigest, imagePushedAt?.getTime() ?? 0])
  }
  return pushed.sort(([, a], [, b]) => a - b).map(([digest]) => digest)
}

/** What wake-ups start from, and what `make rollback` would go back to. */
async function digestsInUse(world: World): Promise<Set<string>> {
  const { current, previous, candidate } = await askOps<Release>(world, ['release', 'show'])
  const digests = await Promise.all([current, previous, candidate].map((arn) => (arn ? digestIn(world, arn) : undefined)))
  return new Set(digests.filter((digest) => digest !== undefined))
}

async function digestIn(world: World, arn: string): Promise<string | undefined> {
  const found = await taskDefinitionOf(world, arn)
  return found?.containerDefinitions?.[0]?.image?.split('@')[1]
}
