/** The parameter that the bridge reads at each wake-up: which model answers, and by which key. Never the key itself. */
import { Aws } from 'aws-cdk-lib'
import type { Names } from '../names.ts'
import { type ModelOptions, PROVIDER } from '../options/model.ts'

/** Of a SecureString that `make secrets` writes. */
export const MODEL_KEY = 'model-key'

export function modelSettings(options: ModelOptions, names: Names): object {
  const { provider, model, contextWindow, maxTokens, offered, inputDollars, outputDollars } = options
  const { api, baseUrl, auth } = PROVIDER[provider]
  const others = offered.slice(1).map((other) => ({ model: other, contextWindow, maxTokens }))
  return {
    provider,
    api,
    baseUrl: baseUrl.replace('{region}', Aws.REGION),
    auth,
    ...(auth === 'key' && { apiKeyParameter: names.parameter(MODEL_KEY) }),
    model,
    contextWindow,
    maxTokens,
    ...(inputDollars + outputDollars > 0 && { cost: { input: inputDollars, output: outputDollars } }),
    ...(others.length > 0 && { alternatives: others }),
  }
}

function foundation(region: string, model: string): string {
  return `arn:${Aws.PARTITION}:bedrock:${region}::foundation-model/${model}`
}

/** What a task may ask of Bedrock: the operator's models, in his region or through the inference profiles that begin there. */
export function bedrockModels({ provider, offered }: ModelOptions): string[] {
  if (provider !== 'bedrock') return []
  return offered.flatMap((model) => {
    // A profile's name begins with where it goes: us., eu., apac., global.
    const [, base] = /^(?:us|eu|apac|jp|au|global)\.(.+)$/.exec(model) ?? []
    if (base === undefined) return [foundation(Aws.REGION, model)]
    const profile = `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:inference-profile/${model}`
    return [profile, foundation('*', base)]
  })
}
