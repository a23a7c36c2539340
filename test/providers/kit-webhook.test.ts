/** What every provider's webhooks share: a signature in hexadecimal, bytes that are JSON, and a stand-in for an id. */

import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/crypto/bytes.ts'
import { bodyHash, readJson, verifyHexHmac } from '../../src/providers/kit/webhook.ts'

const SECRET = 'whsec-of-the-kit-5d7c1f93'
const BODY = '{"event":"paid","note":"a\\/b"}'

/** Computed with OpenSSL 3: `openssl dgst -sha256 -hmac SECRET -hex`, and the same with -sha512. */
const SIGNATURES = {
  'SHA-256': '7d863d1eaca67c789fc55823fe493f371aecfbe295c8b14a9964ef05ae6fd7d3',
  'SHA-512':
    '4a12c7056d676776bffd20ac4ab7e8d4639ad8ab4b01f5c06b54db22ea20723e59a5738f3e85b1a4e258e7def8211e393ce44ec00ae32a3943fb860563bcf34a',
} as const

describe.each(['SHA-256', 'SHA-512'] as const)('a signature of %s', (hash) => {
  const signature = SIGNATURES[hash]
  const verify = (header: string | null, secret: string | undefined = SECRET, body = BODY) =>
    verifyHexHmac(hash, secret, utf8(body), header)

  test('fits the bytes and the secret that it was made of, and no others', async () => {
    expect(await verify(signature)).toBe('valid')
    expect(await verify(signature, SECRET, JSON.stringify(JSON.parse(BODY)))).toBe('wrong')
    expect(await verify(signature, `${SECRET}0`)).toBe('wrong')
    expect(await verify(`0${signature.slice(1)}`)).toBe('wrong')
  })

  test('proves nothing where there is no secret', async () => {
    expect(await verify(signature, '')).toBe('wrong')
    expect(await verifyHexHmac(hash, undefined, utf8(BODY), signature)).toBe('wrong')
  })

  test.each([
    ['there is none', null],
    ['it is empty', ''],
    ['it is in capitals', signature.toUpperCase()],
    ['it is short', signature.slice(2)],
    ['it is long', `${signature}00`],
    ['it is of the other hash', SIGNATURES[hash === 'SHA-256' ? 'SHA-512' : 'SHA-256']],
    ['it is no hexadecimal', `g${signature.slice(1)}`],
    ['a blank stands before it', ` ${signature}`],
  ])('is missing where %s', async (_what, header) => {
    expect(await verify(header)).toBe('missing')
  })
})

describe('a body', () => {
  test('is read to the last digit', () => {
    expect(readJson(utf8('{"id":18446744073709551615,"amount":10.50}'))).toEqual({
      id: '18446744073709551615',
      amount: '10.50',
    })
  })

  test.each([
    ['empty', new Uint8Array()],
    ['no JSON', utf8('event=paid')],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['nested without end', utf8('['.repeat(1_000_000))],
  ])('is none where it is %s', (_what, body) => {
    expect(readJson(body)).toBeUndefined()
  })

  test('without an id is known by its hash, and another by another', async () => {
    const hash = await bodyHash(utf8(BODY))
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await bodyHash(utf8(BODY))).toBe(hash)
    expect(await bodyHash(utf8(`${BODY} `))).not.toBe(hash)
  })
})
