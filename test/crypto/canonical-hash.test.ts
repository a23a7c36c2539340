import { describe, expect, test } from 'vitest'
import { hashRequest } from '../../src/crypto/canonical-hash.ts'

const PATH = '/api/v1/refunds/'
const hash = (body: string) => hashRequest('POST', PATH, JSON.parse(body))

describe("a request's hash", () => {
  // Computed in Python over the compact JSON with sorted members.
  test('is SHA-256 over canonical JSON', async () => {
    expect(await hash('{"reason":"é","metadata":{"b":null,"a":[1,2]},"amount":500}')).toBe(
      '14f20168be9d1072b0572d009cca15fa1dd44864974b16b9650ea38df347f812',
    )
    expect(await hashRequest('POST', PATH, undefined)).toBe(
      '92e0bdbfa4c934f06155b646cc40af4d5c01f9adfb8fb186a0d61a958c87a11c',
    )
  })

  test.each([
    [
      'members in another order, at any depth',
      '{"a":1,"b":{"c":[{"d":2,"e":3}]}}',
      '{"b":{"c":[{"e":3,"d":2}]},"a":1}',
    ],
    ['blanks between tokens', '{"a":[1,2]}', '{ "a" : [ 1, 2 ] }'],
    ['another spelling of a number', '{"a":100}', '{"a":1.0e2}'],
    ['another spelling of a character', '{"a":"é"}', '{"a":"\\u00e9"}'],
    ['members that look like numbers', '{"10":1,"9":2,"a":3}', '{"a":3,"9":2,"10":1}'],
    ['a member that every object has', '{"__proto__":{"a":1},"b":2}', '{"b":2,"__proto__":{"a":1}}'],
  ])('is the same with %s', async (_what, one, other) => {
    expect(await hash(one)).toBe(await hash(other))
  })

  test.each([
    ['another amount', '{"amount":500}', '{"amount":501}'],
    ['a number for a text', '{"amount":500}', '{"amount":"500"}'],
    ['null for nothing', '{"amount":500}', '{"amount":500,"reason":null}'],
    ['a list in another order', '[1,2]', '[2,1]'],
    ['a list for an object', '{"0":1}', '[1]'],
    ['a member moved a level down', '{"a":{"b":1,"c":2}}', '{"a":{"b":1},"c":2}'],
    ['a member of a special name', '{"b":2}', '{"b":2,"__proto__":{"a":1}}'],
    ['an empty object for an empty list', '{}', '[]'],
  ])('is another with %s', async (_what, one, other) => {
    expect(await hash(one)).not.toBe(await hash(other))
  })

  test('is another with another method, another path, or no body', async () => {
    const hashes = await Promise.all([
      hashRequest('POST', PATH, null),
      hashRequest('POST', PATH, undefined),
      hashRequest('PUT', PATH, null),
      hashRequest('POST', '/api/v1/transactions/', null),
    ])
    expect(new Set(hashes).size).toBe(4)
  })
})
