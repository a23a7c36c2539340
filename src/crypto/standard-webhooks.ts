/**
 * Signatures of the webhooks that we send, as in the Standard Webhooks specification
 * (github.com/standard-webhooks/standard-webhooks): HMAC SHA-256 over `<id>.<timestamp>.<body>`. While a secret is being
 * replaced, both sign, and the receiver accepts either.
 */

import type { Random } from '../domain/ids.ts'
import { type Bytes, decodeBase64, encodeBase64, takeRandom, utf8 } from './bytes.ts'
import { hmacSign, hmacVerify } from './hmac.ts'

const SECRET_PREFIX = 'whsec_'
const SECRET_BYTES = 32
// The specification's bounds.
const SECRET_BYTES_MIN = 24
const SECRET_BYTES_MAX = 64
// More than any rotation needs, and a bound on the work that a stranger's header can ask for.
const SIGNATURES_MAX = 8

/** What is signed. `body` is sent exactly as it stands here. */
export interface WebhookMessage {
  /** The same for every try at delivering the message; has no full stop. */
  readonly id: string
  /** When this try is made, in whole seconds since 1970. */
  readonly timestampSeconds: number
  readonly body: string
}

export interface WebhookHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/** Why a webhook is refused. `malformed`: a header is missing or can't be read. */
export type WebhookRefusal = 'malformed' | 'too_old' | 'too_new' | 'bad_signature'

export type WebhookCheck = { readonly ok: true } | { readonly ok: false; readonly reason: WebhookRefusal }

/** Makes a secret of 32 random bytes: `whsec_` and base64. */
export function newWebhookSecret(random: Random): string {
  return SECRET_PREFIX + encodeBase64(takeRandom(random, SECRET_BYTES))
}

/**
 * The value of `webhook-signature`: `v1,<base64>` for each secret, separated by spaces.
 * @param secrets at least one, `whsec_` and base64 of 24 to 64 bytes
 * @throws TypeError for no secret, one of another form, an id that would make the signed text ambiguous, or a timestamp
 *   that is not whole seconds
 */
export async function signWebhook(secrets: readonly string[], message: WebhookMessage): Promise<string> {
  const signed = signedBytes(message)
  const signatures = await Promise.all(parseSecrets(secrets).map((secret) => hmacSign('SHA-256', secret, signed)))
  return signatures.map((signature) => `v1,${encodeBase64(signature)}`).join(' ')
}

/** The three headers of a delivery; throws as `signWebhook` does. */
export async function webhookHeaders(secrets: readonly string[], message: WebhookMessage): Promise<WebhookHeaders> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': await signWebhook(secrets, message),
  }
}

/**
 * Verifies a webhook as its receiver does: one of its signatures must be by one of the secrets, and its time within the
 * tolerance of the receiver's clock, before or after.
 * @throws TypeError for no secret or one of another form
 */
export async function verifyWebhook(input: {
  readonly secrets: readonly string[]
  readonly headers: Headers
  readonly body: string
  readonly nowSeconds: number
  readonly toleranceSeconds: number
}): Promise<WebhookCheck> {
  const secrets = parseSecrets(input.secrets)
  const message = parseMessage(input.headers, input.body)
  if (message === undefined) return { ok: false, reason: 'malformed' }
  const ageSeconds = input.nowSeconds - message.timestampSeconds
  // "Not within" rather than "beyond": a clock or tolerance that is not a number refuses.
  if (!(ageSeconds <= input.toleranceSeconds)) return { ok: false, reason: 'too_old' }
  if (!(-ageSeconds <= input.toleranceSeconds)) return { ok: false, reason: 'too_new' }
  const signed = signedBytes(message)
  for (const signature of parseSignatures(input.headers)) {
    for (const secret of secrets) {
      if (await hmacVerify('SHA-256', secret, signed, signature)) return { ok: true }
    }
  }
  return { ok: false, reason: 'bad_signature' }
}

function signedBytes({ id, timestampSeconds, body }: WebhookMessage): Bytes {
  if (id === '' || id.includes('.')) throw new TypeError('a webhook id is not empty and has no full stop')
  if (!Number.isSafeInteger(timestampSeconds)) throw new TypeError('a webhook timestamp is whole seconds')
  return utf8(`${id}.${timestampSeconds}.${body}`)
}

function parseMessage(headers: Headers, body: string): WebhookMessage | undefined {
  const id = headers.get('webhook-id') ?? ''
  const timestamp = headers.get('webhook-timestamp') ?? ''
  if (id === '' || id.includes('.') || !/^\d{1,12}$/.test(timestamp)) return undefined
  return { id, timestampSeconds: Number(timestamp), body }
}

/** The signatures of version 1; other versions, and what is no base64, are skipped, as the specification asks. */
function parseSignatures(headers: Headers): Bytes[] {
  const parts = (headers.get('webhook-signature') ?? '').split(' ', SIGNATURES_MAX)
  return parts.flatMap((part) => (part.startsWith('v1,') ? (decodeBase64(part.slice('v1,'.length)) ?? []) : []))
}

function parseSecrets(secrets: readonly string[]): Bytes[] {
  if (secrets.length === 0) throw new TypeError('a webhook needs a secret')
  return secrets.map((secret) => {
    const bytes = secret.startsWith(SECRET_PREFIX) ? decodeBase64(secret.slice(SECRET_PREFIX.length)) : undefined
    if (bytes === undefined || bytes.length < SECRET_BYTES_MIN || bytes.length > SECRET_BYTES_MAX) {
      throw new TypeError(`a webhook secret is ${SECRET_PREFIX} and base64 of 24 to 64 bytes`)
    }
    return bytes
  })
}
