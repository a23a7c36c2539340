/** Randomness as a number, for schedules that must not all fall together. */

import type { Random } from './ids.ts'

/** A number from 0 up to, not including, 1, in steps of 2^-32. */
export function fraction(random: Random): number {
  return random(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32
}
