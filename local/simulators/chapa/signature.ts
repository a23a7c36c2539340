/** The two signatures of a Chapa webhook, both lower-case hex of HMAC-SHA256, keyed with the secret hash of the dashboard. */

/** HMAC-SHA256 over the text's UTF-8 bytes. */
export async function chapaSignature(webhookSecret: string, text: string): Promise<string> {
  const utf8 = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(webhookSecret), algorithm, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, utf8.encode(text))
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The headers of a true webhook. `chapa-signature` is over the secret itself: the same on every request. */
export async function signedHeaders(webhookSecret: string | null, body: string): Promise<Record<string, string>> {
  if (webhookSecret === null) return { 'content-type': 'application/json' }
  return {
    'content-type': 'application/json',
    'chapa-signature': await chapaSignature(webhookSecret, webhookSecret),
    'x-chapa-signature': await chapaSignature(webhookSecret, body),
  }
}
