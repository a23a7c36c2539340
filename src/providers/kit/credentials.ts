/** Credentials as a merchant types them in: the fields that a provider needs, each in its form, and none besides. */

import type { Mode } from '../../domain/transaction.ts'
import type { CredentialsParse } from '../contract.ts'

export interface CredentialField {
  name: string
  pattern: RegExp
  /** What to send, where it is missing or not of the pattern. */
  message: string
}

/**
 * Reads the fields. The mode is that of the secret key, and so is the mask: how it begins, and its last four characters.
 * @param modeOf the mode of a secret key that fits its pattern
 */
export function parseFields(
  input: Readonly<Record<string, unknown>>,
  fields: readonly CredentialField[],
  modeOf: (secretKey: string) => Mode,
): CredentialsParse {
  const other = Object.keys(input).find((name) => !fields.some((field) => field.name === name))
  if (other !== undefined) {
    return { ok: false, field: other, message: `Not needed: ${fields.map(({ name }) => name).join(', ')} is all.` }
  }
  const credentials: Record<string, string> = {}
  for (const { name, pattern, message } of fields) {
    const value = input[name]
    if (typeof value !== 'string' || !pattern.test(value)) return { ok: false, field: name, message }
    credentials[name] = value
  }
  const key = credentials.secret_key
  if (key === undefined) throw new TypeError('every provider has a secret key')
  return { ok: true, credentials, mode: modeOf(key), mask: maskOf(key) }
}

/** A key's kind and mode as it begins with them, such as `sk_live_`, `FLWSECK_TEST-` or `FLWSECK-`: no more of it. */
function maskOf(key: string): string {
  const [prefix = ''] = /^[a-z]{2,8}([_-](test|live))?[_-]/i.exec(key) ?? []
  return `${prefix}…${key.slice(-4)}`
}
