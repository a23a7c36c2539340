/** JSON from outside, read so that no digit is lost: providers write 64-bit ids as numbers. */

/**
 * What the text says; undefined where it is no JSON. A number that is no safe integer (a fraction, or beyond 2^53 - 1)
 * is given as the text that stood there, so that it is neither rounded nor taken for another.
 */
export function parseExactJson(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return undefined
  }
}

// ECMAScript 2026 hands the reviver the source text; TypeScript's library does not say so.
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value
}
