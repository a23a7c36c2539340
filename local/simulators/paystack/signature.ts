/** Paystack's webhook signature: lower-case hex of HMAC-SHA512 over the raw body, keyed with the account's secret key. */

/** The value of `x-paystack-signature`. */
export async function paystackSignature(secretKey: string, body: string): Promise<string> {
  const utf8 = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-512' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(secretKey), algorithm, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, utf8.encode(body))
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
