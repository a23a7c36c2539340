/**
 * Randomness that a test can repeat: the same seed, the same values. Mulberry32, a well-spread 32-bit generator of a few
 * lines; nothing here is secret.
 */

export interface SeededRandom {
  /** That many bytes; fits wherever the code asks for a source of randomness. */
  readonly bytes: (length: number) => Uint8Array<ArrayBuffer>
  /** A whole number from `min` to `max`, both included. */
  readonly int: (min: number, max: number) => number
  /** One of the list, which must not be empty. */
  readonly pick: <T>(list: readonly T[]) => T
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const int = (min: number, max: number): number => min + Math.floor((next() / 2 ** 32) * (max - min + 1))
  const pick = <T>(list: readonly T[]): T => {
    const [picked] = list.slice(int(0, list.length - 1))
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }
  return { bytes: (length) => Uint8Array.from({ length }, () => next() & 255), int, pick }
}
