/** Stripe's webhook signature: hex of HMAC-SHA256 over the time and the raw body (sheet, section 9). */
import { seconds } from './ids.ts'

/** The value of `Stripe-Signature`: one `v1` for each secret, and in test mode a `v0` that nobody may believe. */
export async function stripeSignature(
  secrets: readonly string[],
  body: string,
  at: Date,
  mode: 'test' | 'live',
): Promise<string> {
  const t = seconds(at)
  const signed = `${t}.${body}`
  const genuine = await Promise.all(secrets.map(async (secret) => `v1=${await hmacHex(secret, signed)}`))
  const fake = mode === 'test' ? [`v0=${await hmacHex('v0', signed)}`] : []
  return [`t=${t}`, ...genuine, ...fake].join(',')
}

/** The key is the whole secret, `whsec_` included. */
async function hmacHex(secret: string, message: string): Promise<string> {
  const utf8 = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, utf8.encode(message))
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
