/** The image of the tasks, into our own repository. It is deployed by its digest, which ECR is asked for. */
import { DescribeImagesCommand, DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { isNamed, Refusal } from '../errors.ts'
import type { World } from '../world.ts'
import { makeRoom } from './room.ts'
import { imageTag } from './version.ts'

export interface Image {
  digest: string
  says: string
}

export async function pushImage(world: World, anew: boolean): Promise<Image> {
  const tag = await imageTag(world, anew)
  const known = await digestOf(world, tag)
  if (known) return { digest: known, says: `the image ${tag} is there already, ${known}` }
  const repository = await repositoryUri(world)
  const gone = await makeRoom(world)
  await signIn(world, repository)
  await world.shell.run(imageCommand(`${repository}:${tag}`, world.agentPackages), { cwd: world.root })
  const digest = await digestOf(world, tag)
  if (!digest) throw new Refusal(`The image was built, but ECR has no ${world.deployment.repository}:${tag}.`)
  const made = gone === 0 ? '' : `; ${gone} old one${gone === 1 ? '' : 's'} that nothing starts from made room for it`
  return { digest, says: `${repository}:${tag}, ${digest}${made}` }
}

/** `container/container.mk` knows how it is built. */
export const imageCommand = (name: string, packages: string): string[] => [
  'make',
  '--no-print-directory',
  'image',
  `IMAGE=${name}`,
  'PUSH=1',
  `AGENT_PACKAGES=${packages}`,
]

async function digestOf({ aws, deployment }: World, imageTag: string): Promise<string | undefined> {
  try {
    const which = { repositoryName: deployment.repository, imageIds: [{ imageTag }] }
    const { imageDetails = [] } = await aws.ecr.send(new DescribeImagesCommand(which))
    return imageDetails[0]?.imageDigest
  } catch (error) {
    if (isNamed(error, 'ImageNotFoundException')) return undefined
    throw error
  }
}

export async function hasRepository({ aws, deployment }: World): Promise<boolean> {
  try {
    await aws.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [deployment.repository] }))
    return true
  } catch (error) {
    if (isNamed(error, 'RepositoryNotFoundException')) return false
    throw error
  }
}

async function repositoryUri({ aws, deployment }: World): Promise<string> {
  const which = { repositoryNames: [deployment.repository] }
  const { repositories = [] } = await aws.ecr.send(new DescribeRepositoriesCommand(which))
  const uri = repositories[0]?.repositoryUri
  if (!uri) throw new Refusal(`ECR has no repository ${deployment.repository}.`)
  return uri
}

/** The password goes in by standard input; it is good for twelve hours. */
async function signIn({ aws, shell }: World, repository: string): Promise<void> {
  const { authorizationData = [] } = await aws.ecr.send(new GetAuthorizationTokenCommand({}))
  const [user = '', password = ''] = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64').toString().split(':')
  const host = repository.split('/')[0] ?? ''
  await shell.read(['docker', 'login', '--username', user, '--password-stdin', host], { input: password })
}
