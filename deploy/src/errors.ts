/** Something a person can act on: shown as it is, without a stack. */
export class Refusal extends Error {}

/** The person, or the machine, said stop. What is left is said by whoever was at work. */
export class Interrupted extends Error {
  constructor() {
    super('Stopped: nothing more was changed.')
  }
}

export const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  // What the SDK says of an answer that it does not understand.
  if (error.message === 'UnknownError') return `AWS answered HTTP ${status} without a reason`
  return error.message || error.name
}

/** AWS names its errors; whoever expects one asks by its name. */
export const isNamed = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name)
