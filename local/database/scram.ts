/**
 * Checks a password against the verifier that Postgres keeps in `pg_authid.rolpassword`, for a Postgres that has no login
 * of its own. Any other form of verifier, MD5 among them, proves nothing.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the last three in base64 (RFC 5803). */
const verifierForm = /^SCRAM-SHA-256\$(\d+):([^$:]+)\$([^$:]+):[^$:]+$/

/**
 * Whether the password is the one that the verifier was made from (RFC 5802, section 3). It is taken as it is: only
 * ASCII passwords are sure to be the same before and after SASLprep.
 */
export async function matchesScramVerifier(password: string, verifier: string): Promise<boolean> {
  const [, iterations, salt, storedKey] = verifierForm.exec(verifier) ?? []
  if (iterations === undefined || salt === undefined || storedKey === undefined) return false
  const salted = await promisify(pbkdf2)(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const candidate = createHash('sha256').update(clientKey).digest()
  const expected = Buffer.from(storedKey, 'base64')
  return candidate.length === expected.length && timingSafeEqual(candidate, expected)
}
