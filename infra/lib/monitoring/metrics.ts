/** What our programs count. The list is exported from crates/platform/src/metrics.rs; nothing here may name another one. */
import list from '../metrics.json' with { type: 'json' }

/** Of crates/platform-aws/src/metrics.rs. There is one set of dimensions, the empty one: each set would be a metric of its own. */
export const NAMESPACE = 'ServerlessOpenClaw'

export const METRICS: readonly { readonly name: string; readonly unit: string }[] = list

export type Name = (typeof list)[number]['name']
