/**
 * All chance of a run, drawn from one seed by name: what is drawn under a name depends on the seed and the name alone, not
 * on what was drawn before. So a run from which a fault or an action was taken out keeps all the others.
 */

export interface Chance {
  /** From 0 up to, not including, 1. */
  fraction(name: string): number
  /** A whole number from `min` to `max`, both included. */
  int(name: string, min: number, max: number): number
  /** True in so many of 1 cases. */
  is(name: string, probability: number): boolean
  /** One of the list, which must not be empty. */
  pick<T>(name: string, list: readonly T[]): T
  /** A source of bytes of its own, for whoever draws one after another. */
  bytes(name: string): (length: number) => Uint8Array<ArrayBuffer>
}

export function chanceOf(seed: number): Chance {
  const fraction = (name: string) => hash(seed, name) / 2 ** 32
  const int = (name: string, min: number, max: number) => min + Math.floor(fraction(name) * (max - min + 1))
  return {
    fraction,
    int,
    is: (name, probability) => fraction(name) < probability,
    pick(name, list) {
      if (list.length === 0) throw new RangeError('nothing to pick from')
      return list[int(name, 0, list.length - 1)] as (typeof list)[number]
    },
    bytes(name) {
      let state = hash(seed, name)
      return (length) =>
        Uint8Array.from({ length }, () => {
          state = (state + 0x6d2b79f5) >>> 0
          return mix(state) & 255
        })
    },
  }
}

/** FNV-1a over the name, begun from the seed, and mixed well: names differ by a digit. */
function hash(seed: number, name: string): number {
  let state = mix(seed >>> 0) ^ mix(Math.floor(seed / 2 ** 32) + 0x9e3779b9)
  for (let index = 0; index < name.length; index++) state = Math.imul(state ^ name.charCodeAt(index), 0x01000193)
  return mix(mix(state >>> 0) + 0x6d2b79f5)
}

/** Mulberry32's mixer. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return (mixed ^ (mixed >>> 14)) >>> 0
}
