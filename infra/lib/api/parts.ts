import type { Compute, ComputeParts } from '../compute/compute.ts'

/** Of other stacks, what functions work with. */
export interface ApiParts extends ComputeParts {
  readonly compute: Compute
}
