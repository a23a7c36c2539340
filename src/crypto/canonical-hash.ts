/**
 * One hash for requests that ask the same: an idempotency key that comes back with another is refused. The order of an
 * object's members does not count, nor do blanks, since the body is hashed as parsed.
 */

import { sha256Hex } from './sha256.ts'

/**
 * The SHA-256 of method, path and body, in lower-case hexadecimal.
 * @param body what `JSON.parse` gave, of a depth that the caller has bounded; undefined when there was none, which is not
 *   the same as `null`
 */
export function hashRequest(method: string, path: string, body: unknown): Promise<string> {
  return sha256Hex(JSON.stringify(body === undefined ? [method, path] : [method, path, body], withSortedMembers))
}

function withSortedMembers(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
