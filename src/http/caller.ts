/** Who asks, as far as the request alone can tell. It parses and refuses; it never queries: the gate does, in the batch. */

import { verifyAccessToken } from '../crypto/access-token.ts'
import { parseApiKey } from '../crypto/api-key.ts'
import type { Caller, Credential } from '../db/gate.ts'
import { done, type Outcome, refused } from '../domain/problem.ts'
import type { AppContext } from './context.ts'

/** The caller of a request, from `Authorization: Bearer …` and, for people, `PayBridge-Mode: test|live`. */
export async function readCaller(c: AppContext): Promise<Outcome<Caller>> {
  const credential = await readCredential(c)
  if (!credential.ok) return credential
  return done({
    credential: credential.value,
    ipAddress: c.get('ipAddress'),
    userAgent: c.req.header('user-agent'),
    requestId: c.get('requestId'),
  })
}

async function readCredential(c: AppContext): Promise<Outcome<Credential>> {
  const [scheme, token, ...rest] = (c.req.header('authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) return refused('credential_missing')
  if (token.startsWith('pb_')) {
    const key = await parseApiKey(token)
    return key === undefined ? refused('credential_malformed') : done({ kind: 'api_key', ...key })
  }
  const { tokens, clock } = c.get('deps')
  const check = await verifyAccessToken(tokens, token, clock.now().getTime())
  if (!check.ok) {
    if (check.reason === 'malformed') return refused('credential_malformed')
    return refused(check.reason === 'expired' ? 'access_token_expired' : 'access_token_invalid')
  }
  const mode = c.req.header('paybridge-mode') ?? 'test'
  if (mode !== 'test' && mode !== 'live') return refused('mode_header_malformed')
  return done({ kind: 'session', ...check.claims, mode })
}
