/** What the CDK app wrote of a deployment: one flat object of texts, by the names of our environment variables. */
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import type { Aws } from './aws.ts'
import type { Deployment } from './deployment.ts'
import { isNamed, Refusal } from './errors.ts'

export type Description = Record<string, string>

/** None if there is no deployment of this name. */
export async function readDescription(aws: Aws, deployment: Deployment): Promise<Description | undefined> {
  const name = deployment.descriptionParameter
  try {
    const found = await aws.ssm.send(new GetParameterCommand({ Name: name }))
    return parse(name, found.Parameter?.Value ?? '')
  } catch (error) {
    if (isNamed(error, 'ParameterNotFound')) return undefined
    throw error
  }
}

export async function needDescription(aws: Aws, deployment: Deployment): Promise<Description> {
  const found = await readDescription(aws, deployment)
  if (found) return found
  throw new Refusal(
    `There is no deployment "${deployment.name}" in ${deployment.region}: the parameter ${deployment.descriptionParameter} does not exist. ` +
      'Check NAME and REGION, or run `make deploy`.',
  )
}

export function field(description: Description, key: string): string {
  const value = description[key]
  if (value) return value
  throw new Refusal(`The deployment does not say its ${key}. It was made by another version: run \`make deploy\` once more.`)
}

function parse(name: string, text: string): Description {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'string')) {
      return value as Description
    }
  } catch {
    // Told below, like every other text that is not what we expect.
  }
  throw new Refusal(`The parameter ${name} is not a deployment of ours: it should be one JSON object of texts.`)
}
