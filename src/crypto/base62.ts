/** Whole numbers in base 62, at a fixed width: dense, and one word to whoever double-clicks it. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The number in exactly `width` digits, most significant first.
 * @throws RangeError when it is negative or needs more
 */
export function encodeBase62(number: bigint, width: number): string {
  if (number < 0n || number >= 62n ** BigInt(width)) throw new RangeError(`number does not fit ${width} digits`)
  return Array.from({ length: width }, (_, index) =>
    ALPHABET.charAt(Number((number / 62n ** BigInt(width - 1 - index)) % 62n)),
  ).join('')
}
