/** What a merchant is told of a URL that can't be an endpoint's. The corpus of URLs is test/platform/hostile-urls.ts. */

import { expect, test } from 'vitest'
import { judgeAddresses, judgeEndpointUrl } from '../../src/domain/endpoint-url.ts'

const judge = (url: string) => judgeEndpointUrl(url, { allowLoopback: false })

test.each([
  [`https://shop.test/${'a'.repeat(2_000)}`, 'too_long', 'has over 2000 characters as it would be sent'],
  ['shop', 'malformed', 'is not an absolute URL'],
  ['https://shop.test/a b', 'malformed', 'has a space, a backslash or an invisible character in it'],
  ['https:shop.test', 'malformed', 'does not have two slashes before its host'],
  ['https://me:secret@shop.test/', 'credentials', 'has a user name or a password in it'],
  ['https://shop.test/#hook', 'fragment', 'has a fragment (#), which would never be sent'],
  ['http://shop.test/', 'scheme', 'does not begin with https://'],
  ['javascript:alert(1)', 'scheme', 'does not begin with https://'],
  ['https://shop.test:22/', 'port', 'has port 22, which is not 443, 8443 or above 1024'],
  ['https://127.1/', 'private_address', 'goes to an address of 127.0.0.0/8, which is for loopback (RFC 1122)'],
  ['https://[::1]/', 'private_address', 'goes to an address of ::1/128, which is for loopback (RFC 4291)'],
  ['https://[::]/', 'private_address', 'goes to an address of ::/128, which is for unspecified (RFC 4291)'],
  [
    'https://[::ffff:10.0.0.1]/',
    'private_address',
    'goes to an address of ::ffff:0:0/96, which is for IPv4-mapped (RFC 4291)',
  ],
  [
    'https://a.internal/',
    'private_name',
    'has a name that ends in internal, which is for private networks (ICANN, 2024)',
  ],
  [
    'https://a.nip.io/',
    'private_name',
    'has a name that ends in nip.io, which is for whatever address it spells (nip.io)',
  ],
  ['https://shop/', 'not_a_public_name', 'has no full host name of the public DNS, such as hooks.example.com'],
])('%s is refused with its reason', (url, reason, message) => {
  expect(judge(url)).toEqual({ ok: false, reason, message })
})

test('a name is handed on to be looked up, and an address is not', () => {
  expect(judge('https://Hooks.Shop.test.:8443/a')).toEqual({ ok: true, name: 'hooks.shop.test' })
  expect(judge('https://münchen.example/')).toEqual({ ok: true, name: 'xn--mnchen-3ya.example' })
  expect(judge('https://8.8.8.8/')).toEqual({ ok: true, name: undefined })
  expect(judge('https://[2606:4700:4700::1111]/')).toEqual({ ok: true, name: undefined })
  expect(judgeEndpointUrl('http://localhost:1/', { allowLoopback: true })).toEqual({ ok: true, name: undefined })
})

test('2,000 characters are not too many', () => {
  const url = `https://shop.test/${'a'.repeat(2_000 - 'https://shop.test/'.length)}`
  expect([judge(url).ok, judge(`${url}a`).ok]).toEqual([true, false])
})

test.each([
  [[], true],
  [['8.8.8.8', '2606:4700:4700::1111'], true],
  [['8.8.8.8', '10.0.0.1'], false],
  [['10.0.0.1', '8.8.8.8'], false],
  [['::ffff:8.8.8.8'], false],
  [['not an address'], false],
  [[''], false],
])('a name that leads to %j: %s', (addresses, ok) => {
  expect(judgeAddresses(addresses).ok).toBe(ok)
})
