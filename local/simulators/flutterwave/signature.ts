/** The header of v4, which some pages of v3 name: base64 of HMAC-SHA256 over the raw body, keyed with the secret hash. */

/** The value of `flutterwave-signature`. */
export async function flutterwaveSignature(secretHash: string, body: string): Promise<string> {
  const utf8 = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(secretHash), algorithm, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, utf8.encode(body))
  return btoa(String.fromCharCode(...new Uint8Array(mac)))
}
