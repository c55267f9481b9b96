/** The shape of a catalogue in one language, for the others: the same keys, and sentences of their own. */
export type Catalogue<T> = T extends string
  ? string
  : T extends (...args: infer A) => unknown
    ? (...args: A) => string
    : T extends readonly unknown[]
      ? readonly Catalogue<T[number]>[]
      : { readonly [K in keyof T]: Catalogue<T[K]> }
