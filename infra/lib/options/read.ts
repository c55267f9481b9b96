/** One context value at a time. A wrong one is refused with a sentence that says what is allowed. */

export class UnusableOption extends Error {
  override name = 'UnusableOption'
}

/** What `-c` gave, all of it text, and what `cdk.json` gave, in any of JSON's types. */
export type Context = Record<string, unknown>

export function refuse(option: string, value: unknown, allowed: string): never {
  throw new UnusableOption(`The option ${option} is "${shown(value)}"; it must be ${allowed}.`)
}

function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export class Reader {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  /** `undefined`: nobody said anything. An empty text says nothing either. */
  text(option: string, pattern: RegExp, allowed: string): string | undefined {
    const value = this.#context[option]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value !== 'string' && typeof value !== 'number') refuse(option, value, allowed)
    const text = String(value)
    if (!pattern.test(text)) refuse(option, value, allowed)
    return text
  }

  oneOf<T extends string>(option: string, allowed: readonly T[], otherwise: T): T {
    const text = this.text(option, /^.*$/s, `one of ${allowed.join(', ')}`)
    if (text === undefined) return otherwise
    const found = allowed.find((one) => one === text)
    return found ?? refuse(option, text, `one of ${allowed.join(', ')}`)
  }

  /** A whole number. */
  number(option: string, from: number, to: number, otherwise: number): number {
    const allowed = `a whole number from ${from} to ${to}`
    const text = this.text(option, /^\d{1,9}$/, allowed)
    if (text === undefined) return otherwise
    const number = Number(text)
    return number >= from && number <= to ? number : refuse(option, text, allowed)
  }

  flag(option: string, otherwise: boolean): boolean {
    const value = this.#context[option]
    if (typeof value === 'boolean') return value
    return this.oneOf(option, ['on', 'off', 'true', 'false'], otherwise ? 'on' : 'off').match(/^(on|true)$/) !== null
  }

  /** Between commas, or a JSON array. */
  list(option: string, pattern: RegExp, allowed: string): string[] {
    const value = this.#context[option]
    if (value === undefined || value === null || value === '') return []
    const parts = Array.isArray(value) ? value.map(String) : String(value).split(',')
    const items = parts.map((part) => part.trim()).filter((part) => part !== '')
    const odd = items.find((item) => !pattern.test(item))
    return odd === undefined ? items : refuse(option, odd, allowed)
  }
}
