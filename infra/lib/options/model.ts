/** Which model answers: what the bridge reads from the parameter `/<name>/model`. */
import type { Reader} from './read.ts';
import { refuse } from './read.ts'

export const PROVIDERS = ['bedrock', 'anthropic', 'openai', 'openrouter', 'gemini'] as const

export type ProviderName = (typeof PROVIDERS)[number]

export interface Provider {
  readonly api: 'anthropic-messages' | 'openai-completions'
  /** `{region}` is the deployment's own. */
  readonly baseUrl: string
  /** What it answers with unless the operator says otherwise. */
  readonly model: string
  /** Bedrock: by the task's role, there is no key. */
  readonly auth: 'key' | 'aws'
}

export const PROVIDER: Readonly<Record<ProviderName, Provider>> = {
  bedrock: {
    api: 'openai-completions',
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    model: 'openai.gpt-oss-120b-1:0',
    auth: 'aws',
  },
  anthropic: { api: 'anthropic-messages', baseUrl: 'https://api.anthropic.com', model: 'claude-sonnet-4-5', auth: 'key' },
  openai: { api: 'openai-completions', baseUrl: 'https://api.openai.com/v1', model: 'gpt-4.1-mini', auth: 'key' },
  openrouter: { api: 'openai-completions', baseUrl: 'https://openrouter.ai/api/v1', model: 'openrouter/auto', auth: 'key' },
  gemini: {
    api: 'openai-completions',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    model: 'gemini-flash-latest',
    auth: 'key',
  },
}

export interface ModelOptions {
  readonly provider: ProviderName
  readonly model: string
  readonly contextWindow: number
  readonly maxTokens: number
  /** The operator's own first. */
  readonly offered: readonly string[]
  /** US dollars for a million tokens; 0: not counted. */
  readonly inputDollars: number
  readonly outputDollars: number
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/

export function readModel(read: Reader): ModelOptions {
  const provider = read.oneOf('modelProvider', PROVIDERS, 'bedrock')
  const allowed = "a model's name as its provider writes it"
  const model = read.text('model', NAME, allowed) ?? PROVIDER[provider].model
  const others = read.list('offeredModels', NAME, allowed).filter((other) => other !== model)
  if (others.length > 20) refuse('offeredModels', others.join(','), 'at most 20 models')
  return {
    provider,
    model,
    contextWindow: read.number('contextWindow', 8_000, 2_000_000, 128_000),
    maxTokens: read.number('maxTokens', 256, 200_000, 8_192),
    offered: [model, ...others],
    inputDollars: dollars(read, 'modelInputDollars'),
    outputDollars: dollars(read, 'modelOutputDollars'),
  }
}

function dollars(read: Reader, option: string): number {
  return Number(read.text(option, /^\d{1,4}(\.\d{1,4})?$/, 'US dollars for a million tokens, such as 0.15') ?? 0)
}
