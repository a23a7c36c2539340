/** Credentials as a merchant types them in: what passes, which field is blamed, and a mask that gives nothing away. */

import { describe, expect, test } from 'vitest'
import { parseFields } from '../../src/providers/kit/credentials.ts'

const SECRET_KEY = { name: 'secret_key', pattern: /^[\w-]{12,80}$/, message: 'Send the secret key.' }
const HASH = { name: 'webhook_hash', pattern: /^\S{8,80}$/, message: 'Send the webhook hash.' }
const modeOf = (key: string) => (/test/i.test(key) ? 'test' : 'live')

const KEY = 'FLWSECK_TEST-4be17a90c3d2568f-X'

describe('a mask', () => {
  test.each([
    ['sk_live_51Qw8eRt6yUi3oPa2', 'sk_live_…oPa2'],
    ['sk_test_8f2b6d0a4c1e9753', 'sk_test_…9753'],
    ['rk_live_51Qw8eRt6yUi3oPa2', 'rk_live_…oPa2'],
    ['FLWSECK_TEST-4be17a90c3d2568f-X', 'FLWSECK_TEST-…8f-X'],
    ['FLWSECK-4be17a90c3d2568f-X', 'FLWSECK-…8f-X'],
    ['CHASECK_TEST-wQ8eRt6yUi3oPa2s', 'CHASECK_TEST-…Pa2s'],
    ['CHASECK-wQ8eRt6yUi3oPa2s', 'CHASECK-…Pa2s'],
    // Words that mean a mode where a key has them at its beginning, and are secret further on.
    ['FLWSECK-4be17a90test-c3d2568f-X', 'FLWSECK-…8f-X'],
    ['CHASECK-wQ8elive_Rt6yUi3oPa2s', 'CHASECK-…Pa2s'],
    ['sk_live_51Qw8etest_6yUi3oPa2', 'sk_live_…oPa2'],
    // Without a beginning that is known to be one.
    ['4be17a90c3d2568f', '…568f'],
    ['4be17a90-c3d2-568f', '…568f'],
    ['wQeRtyUioPas_8fd2568f', '…568f'],
  ])('of %s is %s', (key, mask) => {
    expect(parseFields({ secret_key: key }, [SECRET_KEY], modeOf)).toMatchObject({ ok: true, mask })
  })
})

describe('fields', () => {
  test('that are all there, each in its form, pass, with the mode of the secret key', () => {
    const input = { webhook_hash: 'a hash is no'.replaceAll(' ', '-'), secret_key: KEY }
    expect(parseFields(input, [SECRET_KEY, HASH], modeOf)).toEqual({
      ok: true,
      credentials: input,
      mode: 'test',
      mask: 'FLWSECK_TEST-…8f-X',
    })
  })

  test.each<[string, Record<string, unknown>, string, string]>([
    ['one that lacks', { secret_key: KEY }, 'webhook_hash', HASH.message],
    ['one of another form', { secret_key: KEY, webhook_hash: 'short' }, 'webhook_hash', HASH.message],
    [
      'one with a line break after it',
      { secret_key: KEY, webhook_hash: 'long-enough\n' },
      'webhook_hash',
      HASH.message,
    ],
    ['one that is no text', { secret_key: KEY, webhook_hash: 12_345_678 }, 'webhook_hash', HASH.message],
    ['the first of two that are wrong', {}, 'secret_key', SECRET_KEY.message],
    ['one that is not needed', { secret_key: KEY, public_key: 'x' }, 'public_key', 'Not needed'],
  ])('are refused for %s', (_what, input, field, message) => {
    expect(parseFields(input, [SECRET_KEY, HASH], modeOf)).toEqual({
      ok: false,
      field,
      message: expect.stringContaining(message),
    })
  })

  test('say nothing of what was typed in where they are refused', () => {
    const parsed = parseFields({ secret_key: `${KEY} ` }, [SECRET_KEY], modeOf)
    expect(JSON.stringify(parsed)).not.toContain('4be17a90')
  })

  test('without a secret key among them are a bug of the plug-in', () => {
    expect(() => parseFields({ webhook_hash: 'long-enough' }, [HASH], modeOf)).toThrow(TypeError)
  })
})
