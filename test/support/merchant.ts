/** A merchant, and ways to call the API as it does. Knows of no test runner: the simulator makes its merchants so as well. */

import { sql } from 'drizzle-orm'
import { signAccessToken } from '../../src/crypto/access-token.ts'
import { dummyPasswordHash } from '../../src/crypto/password.ts'
import { newRefreshToken } from '../../src/crypto/refresh-token.ts'
import { type Id, newId } from '../../src/domain/ids.ts'
import { SCOPES, type Scope } from '../../src/domain/scopes.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import type { Deps } from '../../src/operations/deps.ts'
import { keepSecretsOf } from './secrets.ts'

/** The app, as far as a client needs it. */
export interface Requested {
  request(url: string, init: RequestInit): Response | Promise<Response>
}

export interface MerchantOptions {
  mode?: Mode
  scopes?: readonly Scope[]
}

/** A merchant with its owner signed in and an API key, and ways to call the API as either. */
export async function newMerchant(deps: Deps, app: Requested, options: MerchantOptions) {
  const { clock, random } = deps
  const now = clock.now()
  const id = <P extends 'mer' | 'usr' | 'ses'>(prefix: P): Id<P> => newId(prefix, now.getTime(), random)
  const merchantId = id('mer')
  const userId = id('usr')
  const sessionId = id('ses')
  const email = `${userId}@merchant.test`
  const refresh = await newRefreshToken(random)
  const { db } = deps.api
  const time = now.toISOString()
  const user = JSON.stringify({ id: userId, email, password_hash: dummyPasswordHash })
  const merchant = JSON.stringify({ id: merchantId, company_name: 'Kora Stores', country: 'NG' })
  const expiresAt = new Date(now.getTime() + 30 * 86_400_000).toISOString()
  const session = JSON.stringify({ id: sessionId, user_id: userId, merchant_id: merchantId, expires_at: expiresAt })
  const made = await deps.api.run(undefined, [
    db.execute(sql`select app.register(${time}, ${user}, ${merchant}, null, null, null)`),
    db.execute(sql`select app.finish_sign_in(${time}, ${session}, ${refresh.hash}, null, null, null, null)`),
  ])
  if (!made.ok) throw new Error(`no merchant: ${made.problem.code}`)
  const accessToken = await signAccessToken(deps.tokens, { userId, sessionId, merchantId }, now.getTime())
  const mode = options.mode ?? 'test'
  const person = caller(app, accessToken, mode)
  const key = await person.post('/api/v1/api-keys/', { name: 'test', scopes: options.scopes ?? SCOPES })
  if (key.status !== 201) throw new Error(`no API key: ${JSON.stringify(key.body)}`)
  return {
    merchantId,
    userId,
    sessionId,
    email,
    mode,
    accessToken,
    refreshToken: refresh.token,
    /** Calls the API with an access token. */
    person,
    apiKey: String(key.body.key),
    apiKeyId: String(key.body.id),
    /** Calls the API with an API key. */
    api: caller(app, String(key.body.key), mode),
  }
}

export type Merchant = Awaited<ReturnType<typeof newMerchant>>

export interface ApiAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on every field that they read
  body: any
}

/** A client of the API with this credential. */
export function caller(app: Requested, token: string | undefined, mode: Mode = 'test') {
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const all = new Headers({ 'paybridge-mode': mode, ...headers })
    if (token !== undefined) all.set('authorization', `Bearer ${token}`)
    if (body !== undefined && !all.has('content-type')) all.set('content-type', 'application/json')
    keepSecretsOf(body)
    const init: RequestInit = { method, headers: all }
    if (body instanceof Uint8Array) init.body = new Uint8Array(body)
    else if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await app.request(`https://api.paybridge.test${path}`, init)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? {} : JSON.parse(text),
    } satisfies ApiAnswer
  }
  return {
    get: (path: string, headers?: Record<string, string>) => call('GET', path, undefined, headers),
    post: (path: string, body?: unknown, headers?: Record<string, string>) => call('POST', path, body, headers),
    put: (path: string, body?: unknown, headers?: Record<string, string>) => call('PUT', path, body, headers),
    patch: (path: string, body?: unknown, headers?: Record<string, string>) => call('PATCH', path, body, headers),
    delete: (path: string, headers?: Record<string, string>) => call('DELETE', path, undefined, headers),
  }
}
