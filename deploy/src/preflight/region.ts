/** Whether what we need is offered in the region. */
import { GetFoundationModelAvailabilityCommand } from '@aws-sdk/client-bedrock'
import { isNamed, reason } from '../errors.ts'
import { type Check, ok, problem, warning } from './check.ts'

/** ARM64 on Fargate Spot is offered in AWS's commercial regions. These prefixes are of the others. */
const OTHER_PARTITIONS = ['cn-', 'us-gov-', 'us-iso', 'eu-isoe-', 'eusc-']
/** Where our price table was read (cost/prices.json); elsewhere it is somewhat dearer or cheaper. */
const PRICED = ['us-east-1', 'ap-northeast-2']

export const regionCheck: Check = {
  title: 'Region',
  async look({ deployment: { region } }) {
    if (OTHER_PARTITIONS.some((prefix) => region.startsWith(prefix))) {
      return problem(
        `${region} belongs to a part of AWS that has no ARM64 on Fargate Spot`,
        'Choose a commercial region, such as REGION=us-east-1 or ap-northeast-2.',
      )
    }
    if (PRICED.includes(region)) return ok(region)
    return ok(`${region} (docs/cost.md has the prices of ${PRICED.join(' and ')}; here they may differ)`)
  },
}

/** `us.anthropic.claude…` is a profile that spreads calls over regions; the model is what follows. */
const PROFILE = /^(us|us-gov|eu|apac|jp|au|ca|global)\./

export const modelCheck: Check = {
  title: 'Model',
  async look({ aws, options, deployment: { region } }) {
    const { provider, model } = options.model
    if (provider !== 'bedrock') return ok(`${model} of ${provider}`)
    const modelId = model.replace(PROFILE, '')
    try {
      const found = await aws.bedrock.send(new GetFoundationModelAvailabilityCommand({ modelId }))
      if (found.regionAvailability === 'NOT_AVAILABLE' && model === modelId) {
        return problem(`Bedrock has no ${model} in ${region}`, OTHER_MODEL)
      }
      if (found.authorizationStatus === 'NOT_AUTHORIZED' || found.entitlementAvailability === 'NOT_AVAILABLE') {
        return warning(`the account may not use ${model} of Bedrock yet`, `Bedrock's console in ${region}, "Model catalog": choose it and ask for access.`)
      }
      return ok(`${model} of Bedrock`)
    } catch (error) {
      if (isNamed(error, 'ValidationException', 'ResourceNotFoundException')) {
        return problem(`Bedrock knows no model ${model} in ${region}`, OTHER_MODEL)
      }
      return warning(`Bedrock could not be asked for ${model}: ${reason(error)}`, 'The deploy works without the answer.')
    }
  },
}

const OTHER_MODEL = 'Set "model" in deployments/<name>.json to one of Bedrock\'s console, "Model catalog", or to an inference profile (us.…, eu.…, global.…).'
