/** The search that every run is held to: it finds what it is to find, and tells the place and never the secret. */
import { describe, expect, test } from 'vitest'
import { DEMO_CREDENTIALS } from '../../local/simulators/index.ts'
import { signAccessToken } from '../../src/crypto/access-token.ts'
import { newApiKey } from '../../src/crypto/api-key.ts'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'
import { newRefreshToken } from '../../src/crypto/refresh-token.ts'
import { newWebhookSecret } from '../../src/crypto/standard-webhooks.ts'
import { newStreamTicket } from '../../src/crypto/stream-ticket.ts'
import { newId } from '../../src/domain/ids.ts'
import { databaseUrl, superuserUrl } from '../support/provided.ts'
import { seededRandom } from '../support/random.ts'
import { findSecret, hear, hearAnswer, keepSecretsOf, keptSecrets, takeFindings } from '../support/secrets.ts'
import { searchDatabase } from '../support/secrets-at-rest.ts'
import { openDatabase } from './sql/actors.ts'

const random = seededRandom(1).bytes
const ring = parseKeyRing('sign', 'test-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8=')
const id = <P extends 'usr' | 'ses' | 'mer'>(prefix: P) => newId(prefix, 0, random)

const MADE: Record<string, string> = {
  'a test key': (await newApiKey('test', random)).key,
  'a live key': (await newApiKey('live', random)).key,
  'a refresh token': (await newRefreshToken(random)).token,
  'a stream ticket': (await newStreamTicket(random)).ticket,
  "an endpoint's secret": newWebhookSecret(random),
  'an access token': await signAccessToken(
    ring,
    { userId: id('usr'), sessionId: id('ses'), merchantId: id('mer') },
    Date.UTC(2026, 10, 24),
  ),
  "a database's address": databaseUrl('paybridge_api', 'postgres'),
}

/** What the search says after an answer of this route. */
async function afterAnswer(route: string, body: object, status = 200): Promise<string[]> {
  const [method = '', path = ''] = route.split(' ')
  await hearAnswer(new Request(`https://api.paybridge.test${path}`, { method }), Response.json(body, { status }))
  return takeFindings()
}

describe('the search', () => {
  test.each(Object.entries(MADE))('knows %s by its form, and does not show it', (_, secret) => {
    const where = findSecret(`said twice: ${secret}, ${secret}.`, [])
    expect(where).toContain('said twice: [a secret]')
    expect(where).not.toContain(secret)
  })

  test.each(Object.entries(DEMO_CREDENTIALS))(
    'knows what %s gives a merchant, once it was sent to us',
    (_, credentials) => {
      keepSecretsOf({ credentials })
      for (const secret of Object.values(credentials)) {
        expect(findSecret(`no account has ${secret}`, keptSecrets())).toBe('no account has [a secret]')
      }
    },
  )

  test('knows none in the middle of a sealed value, where letters look like one by chance', () => {
    for (const secret of Object.values(MADE)) expect(findSecret(`v1.test-1.AbCd.x-_${secret}`, [])).toBeUndefined()
  })

  test('knows passwords and custom headers by the fields in which they come', () => {
    keepSecretsOf({
      password: 'of nobody at all',
      custom_headers: { 'x-shop': 'for nobody’s shop' },
      name: 'a plain name',
    })
    hear('here', 'a plain name')
    expect(takeFindings()).toEqual([])
    hear('here', 'of nobody at all')
    hear('there', 'for nobody’s shop')
    expect(takeFindings()).toEqual(['here: …[a secret]…', 'there: …[a secret]…'])
  })

  test('lets an answer show a secret where it is made, and nowhere else', async () => {
    const { 'a test key': key, "an endpoint's secret": secret } = MADE
    expect(await afterAnswer('POST /api/v1/api-keys/', { key }, 201)).toEqual([])
    expect(await afterAnswer('POST /api/v1/api-keys', { key }, 201)).toEqual([])
    expect(await afterAnswer('POST /api/v1/webhooks/whe_1/rotate_secret/', { secret })).toEqual([])
    for (const [route, body, status] of [
      ['POST /api/v1/api-keys/', { name: key }, 201],
      ['POST /api/v1/api-keys/', { key }, 409],
      ['GET /api/v1/api-keys/', { key }, 200],
      ['POST /api/v1/webhooks/whe_1/test/', { secret }, 202],
      [`GET /api/v1/api-keys/?cursor=${key}`, {}, 200],
    ] as const) {
      expect(await afterAnswer(route, body, status), route).toHaveLength(1)
    }
  })

  test('reads every column of every row of a database, bytes and JSON, too', async () => {
    const name = 't_secrets_at_rest'
    const database = await openDatabase(name)
    try {
      await database.owner.rows(`
        create table kept (words text, list text[], tree jsonb, bytes bytea, number integer);
        insert into kept (words, list, tree, bytes) values
          ('nothing', '{nothing}', '{"a": 1}', 'nothing'),
          ('our pass phrase is here', '{x,our pass phrase}', '{"a": ["our pass phrase"]}', 'our pass phrase'),
          (null, null, null, convert_to('${MADE['a live key']}', 'UTF8'))`)
      const places = await searchDatabase(superuserUrl(name), new Set(['our pass phrase']))
      expect(places).toEqual([
        ...['words', 'list', 'tree', 'bytes'].map((column) => `${name}, kept (0,2), ${column}`),
        `${name}, kept (0,3), bytes`,
      ])
    } finally {
      await database.close()
    }
  })
})
