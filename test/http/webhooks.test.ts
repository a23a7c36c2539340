/** `/api/v1/webhooks/`: what is taken, what is shown and to whom, and the log of deliveries. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import {
  CreatedWebhookEndpointSchema,
  DeletedWebhookEndpointSchema,
  DeliverySchema,
  WebhookEndpointSchema,
} from '../../src/http/webhook-schemas.ts'
import { deliverDue } from '../../src/operations/webhooks/deliver.ts'
import { addEndpoint, makeEvent, newToldMerchant, WEBHOOKS } from '../support/webhooks.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('webhooks')
const URL_OF_SHOP = 'https://shop.test/hook'

let merchant: Merchant

beforeAll(async () => {
  merchant = await world.newMerchant()
})

const pathOf = ({ id }: { id: string }) => `${WEBHOOKS}${id}/`
const count = () => world.query(sql`select count(*) from webhook_endpoints`)

describe('an endpoint', () => {
  test('is created, read, changed and deleted, in one round trip each', async () => {
    const description = 'Orders'
    const create = () =>
      merchant.api.post(WEBHOOKS, { url: URL_OF_SHOP, description, event_types: ['payment.succeeded', 'payment.*'] })
    const made = await world.countRoundTrips(create)
    expect(made).toMatchObject({ roundTrips: 1, result: { status: 201 } })
    const { secret, ...endpoint } = CreatedWebhookEndpointSchema.parse(made.result.body)
    expect(endpoint).toMatchObject({ url: URL_OF_SHOP, description, status: 'active', mode: 'test' })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)

    const got = await world.countRoundTrips(() => merchant.api.get(pathOf(endpoint)))
    expect(got).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    expect(WebhookEndpointSchema.parse(got.result.body)).toEqual(endpoint)

    const listed = await world.countRoundTrips(() => merchant.api.get(WEBHOOKS))
    expect(listed).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    expect(ListSchema(WebhookEndpointSchema).parse(listed.result.body).data).toContainEqual(endpoint)

    world.clock.advance(1000)
    const changes = { url: 'https://shop.test/other', description: null, event_types: ['*'], status: 'disabled' }
    const changed = await world.countRoundTrips(() => merchant.api.patch(pathOf(endpoint), changes))
    expect(changed).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    const updated_at = world.clock.now().toISOString()
    expect(WebhookEndpointSchema.parse(changed.result.body)).toEqual({
      ...endpoint,
      ...changes,
      disabled_because: 'asked',
      updated_at,
    })
    expect((await merchant.api.get(pathOf(endpoint))).body).toEqual(changed.result.body)

    const log = await world.countRoundTrips(() => merchant.api.get(`${pathOf(endpoint)}deliveries/`))
    expect(log).toMatchObject({ roundTrips: 1, result: { status: 200, body: { data: [], next_cursor: null } } })

    const deleted = await world.countRoundTrips(() => merchant.api.delete(pathOf(endpoint)))
    expect(deleted).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    expect(DeletedWebhookEndpointSchema.parse(deleted.result.body).id).toBe(endpoint.id)
  })

  test('hears of everything where it names no event types', async () => {
    const made = await merchant.api.post(WEBHOOKS, { url: URL_OF_SHOP })
    expect(made.body).toMatchObject({ event_types: ['*'], description: null, last_delivered_at: null })
  })

  test('keeps what a change does not name', async () => {
    const endpoint = await addEndpoint(merchant, { description: 'Orders', event_types: ['payment.failed'] })
    const { body: before } = await merchant.api.get(pathOf(endpoint))
    const { body: after } = await merchant.api.patch(pathOf(endpoint), { status: 'disabled' })
    expect(after).toEqual({
      ...before,
      status: 'disabled',
      disabled_because: 'asked',
      updated_at: after.updated_at,
    })
  })

  test('is gone once it is deleted, but for its log', async () => {
    const endpoint = await addEndpoint(merchant)
    await merchant.api.delete(pathOf(endpoint))
    const gone = { status: 404, body: { code: 'webhook_endpoint_not_found' } }
    expect(await merchant.api.get(pathOf(endpoint))).toMatchObject(gone)
    expect(await merchant.api.patch(pathOf(endpoint), { status: 'active' })).toMatchObject(gone)
    expect(await merchant.api.delete(pathOf(endpoint))).toMatchObject(gone)
    const { body: list } = await merchant.api.get(`${WEBHOOKS}?limit=100`)
    expect(list.data.map(({ id }: { id: string }) => id)).not.toContain(endpoint.id)
    expect(await merchant.api.get(`${pathOf(endpoint)}deliveries/`)).toMatchObject({ status: 200 })
  })

  test('of another merchant or mode is not there, whatever is asked of it', async () => {
    const endpoint = await addEndpoint(merchant)
    const stranger = await world.newMerchant()
    const live = caller(world.app, merchant.accessToken, 'live')
    const notFound = { status: 404, body: { code: 'webhook_endpoint_not_found' } }
    for (const api of [stranger.api, live]) {
      expect(await api.get(pathOf(endpoint))).toMatchObject(notFound)
      expect(await api.patch(pathOf(endpoint), { status: 'disabled' })).toMatchObject(notFound)
      expect(await api.delete(pathOf(endpoint))).toMatchObject(notFound)
      expect(await api.get(`${pathOf(endpoint)}deliveries/`)).toMatchObject(notFound)
      expect((await api.get(WEBHOOKS)).body.data).toEqual([])
    }
    expect((await merchant.api.get(pathOf(endpoint))).body.status).toBe('active')
  })

  test('is one of at most 50, of which deleted ones are none', async () => {
    const busy = await world.newMerchant()
    for (let i = 1; i < LIMITS.webhookEndpointsPerMode; i++) await addEndpoint(busy)
    const last = await addEndpoint(busy)
    const oneMore = () => busy.api.post(WEBHOOKS, { url: URL_OF_SHOP })
    expect(await oneMore()).toMatchObject({ status: 409, body: { code: 'webhook_endpoints_too_many' } })
    await busy.api.delete(pathOf(last))
    expect((await oneMore()).status).toBe(201)
  })

  test('leaves an audit entry at each change, with names and no values', async () => {
    const audited = await world.newMerchant()
    const endpoint = await addEndpoint(audited)
    await audited.api.patch(pathOf(endpoint), { url: 'https://shop.test/moved' })
    await audited.api.delete(pathOf(endpoint))
    const { body } = await audited.api.get('/api/v1/audit-logs/')
    const entries = body.data.filter((entry: { object_id: string }) => entry.object_id === endpoint.id)
    expect(entries.map(({ action }: { action: string }) => action).sort()).toEqual([
      'webhook_endpoint.created',
      'webhook_endpoint.deleted',
      'webhook_endpoint.updated',
    ])
    expect(JSON.stringify(entries)).not.toContain('https://')
  })
})

describe('the secret', () => {
  test('is shown when the endpoint is made, and nowhere else', async () => {
    const { secret, ...endpoint } = await addEndpoint(merchant)
    const shown = [
      await merchant.api.get(pathOf(endpoint)),
      await merchant.api.get(WEBHOOKS),
      await merchant.api.patch(pathOf(endpoint), { description: 'Orders' }),
      await merchant.api.get(`${pathOf(endpoint)}deliveries/`),
      await merchant.api.delete(pathOf(endpoint)),
    ].map(({ body }) => JSON.stringify(body))
    const stored = await world.query(sql`select e::text from webhook_endpoints e where id = ${endpoint.id}`)
    const claims = await world.query(sql`select c::text from idempotency_claims c where resource_id = ${endpoint.id}`)
    expect([stored.length, claims.length]).toEqual([1, 1])
    const everything = [...shown, JSON.stringify(stored), JSON.stringify(claims), ...world.logLines].join('\n')
    expect(everything).not.toContain('whsec_')
    expect(everything).not.toContain(secret.slice('whsec_'.length))
    expect(shown.join('\n')).not.toContain('sealed')
  })

  test('is shown again to the same request with the same Idempotency-Key, which makes nothing more', async () => {
    const create = (url = URL_OF_SHOP) => merchant.api.post(WEBHOOKS, { url }, { 'idempotency-key': 'one-endpoint' })
    const first = await create()
    const before = await count()
    const second = await world.countRoundTrips(create)
    expect(second).toMatchObject({ roundTrips: 1, result: { status: 201, body: first.body } })
    expect(second.result.headers.get('idempotent-replayed')).toBe('true')
    expect(await count()).toEqual(before)
    expect(await create('https://shop.test/other')).toMatchObject({ body: { code: 'idempotency_key_reused' } })
  })
})

describe('bad input is refused with its field, and writes nothing', () => {
  const BAD_FIELDS: [string, object, string, string][] = [
    ['a URL without form', { url: 'shop.test' }, 'validation_failed', 'url'],
    ['a URL that is a number', { url: 1 }, 'validation_failed', 'url'],
    ['a script', { url: 'javascript:alert(1)' }, 'validation_failed', 'url'],
    ['a URL that is too long', { url: `${URL_OF_SHOP}/${'x'.repeat(2000)}` }, 'validation_failed', 'url'],
    [
      'a URL that is too long when written out',
      { url: `${URL_OF_SHOP}/${'é'.repeat(400)}` },
      'webhook_url_forbidden',
      'url',
    ],
    ['plain http', { url: 'http://shop.test/hook' }, 'webhook_url_forbidden', 'url'],
    ['a private address', { url: 'https://192.168.1.1/hook' }, 'webhook_url_forbidden', 'url'],
    ['loopback as a number', { url: 'https://2130706433/' }, 'webhook_url_forbidden', 'url'],
    ['a password in the URL', { url: 'https://me:secret@shop.test/' }, 'webhook_url_forbidden', 'url'],
    ['no event type', { event_types: [] }, 'validation_failed', 'event_types'],
    ['an unknown event type', { event_types: ['payment.paid'] }, 'validation_failed', 'event_types.0'],
    ['an unknown family', { event_types: ['*', 'invoice.*'] }, 'validation_failed', 'event_types.1'],
    ['more event types than there are', { event_types: Array(50).fill('*') }, 'validation_failed', 'event_types'],
    ['event types as a text', { event_types: '*' }, 'validation_failed', 'event_types'],
    ['an empty description', { description: ' ' }, 'validation_failed', 'description'],
    ['a description that is too long', { description: 'x'.repeat(501) }, 'validation_failed', 'description'],
    ['a NUL in the description', { description: 'a\0b' }, 'validation_failed', 'description'],
    ['a secret of the caller’s', { secret: 'whsec_AAAA' }, 'validation_failed', 'secret'],
    ['another mode', { mode: 'live' }, 'validation_failed', 'mode'],
  ]

  test.each([
    ...BAD_FIELDS,
    ['no URL', { url: undefined }, 'validation_failed', 'url'] as const,
    ['a status', { status: 'disabled' }, 'validation_failed', 'status'] as const,
  ])('when one is created: %s', async (_what, body, code, field) => {
    const before = await count()
    const answer = await merchant.api.post(WEBHOOKS, { url: URL_OF_SHOP, ...body })
    expect(answer).toMatchObject({
      status: 422,
      body: { code, errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    })
    expect(await count()).toEqual(before)
  })

  test.each([
    ...BAD_FIELDS,
    ['nothing to change', {}, 'validation_failed', 'body'] as const,
    ['a URL of null', { url: null }, 'validation_failed', 'url'] as const,
    ['an unknown status', { status: 'paused' }, 'validation_failed', 'status'] as const,
  ])('when one is changed: %s', async (_what, body, code, field) => {
    const endpoint = await addEndpoint(await world.newMerchant())
    const row = () => world.query(sql`select * from webhook_endpoints where id = ${endpoint.id}`)
    const before = await row()
    const answer = await merchant.api.patch(pathOf(endpoint), body)
    expect(answer).toMatchObject({
      status: 422,
      body: { code, errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    })
    expect(await row()).toEqual(before)
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['cursor=key_00000000000000000000000000', 'cursor'],
    ['status=sent', 'status'],
    ['nonsense=1', 'nonsense'],
  ])('when deliveries are listed: ?%s', async (query, field) => {
    const endpoint = await addEndpoint(merchant)
    const answer = await merchant.api.get(`${pathOf(endpoint)}deliveries/?${query}`)
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    })
    await merchant.api.delete(pathOf(endpoint))
  })

  test.each([
    ['limit=x', 'limit'],
    ['cursor=x', 'cursor'],
    ['status=active', 'status'],
  ])('when endpoints are listed: ?%s', async (query, field) => {
    expect(await merchant.api.get(`${WEBHOOKS}?${query}`)).toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    })
  })

  test('when the id is no endpoint’s', async () => {
    const answer = await merchant.api.get(`${WEBHOOKS}txn_00000000000000000000000000/`)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'id' }] } })
  })
})

test('a URL is kept as it will be sent to', async () => {
  const made = await merchant.api.post(WEBHOOKS, { url: 'HTTPS://Shop.TEST:443/a/../höok' })
  expect(made).toMatchObject({ status: 201, body: { url: 'https://shop.test/h%C3%B6ok' } })
})

describe('a URL that is refused', () => {
  test.each([
    [
      'https://192.168.1.1/hook',
      'goes to an address of 192.168.0.0/16, which is for private use (RFC 1918)',
      'private_address',
    ],
    ['https://shop.test:22/hook', 'has port 22, which is not 443, 8443 or above 1024', 'port'],
    ['https://me:secret@shop.test/hook', 'has a user name or a password in it', 'credentials'],
    ['http://shop.test/hook', 'does not begin with https://', 'scheme'],
    // Which of the two is its host, parsers do not agree about.
    ['https://shop.test\\@127.0.0.1/', 'has a space, a backslash or an invisible character in it', 'malformed'],
  ])('%s is told what is wrong and by which rule', async (url, message, reason) => {
    const answer = await merchant.api.post(WEBHOOKS, { url })
    expect(answer.body).toMatchObject({
      code: 'webhook_url_forbidden',
      errors: [{ field: 'url', message: `${message}: ${reason}` }],
    })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })

  test('a name that leads to a private address is refused when it is saved, created or changed', async () => {
    world.names.set('trap.shop.test', ['fd00::1'])
    const errors = [
      {
        field: 'url',
        message: 'has a name that leads into fc00::/7, which is for private use (RFC 4193): leads_to_private_address',
      },
    ]
    const body = { url: 'https://trap.shop.test/hook' }
    expect(await merchant.api.post(WEBHOOKS, body)).toMatchObject({ status: 422, body: { errors } })
    const endpoint = await addEndpoint(await world.newMerchant())
    expect(await merchant.api.patch(pathOf(endpoint), body)).toMatchObject({ status: 422, body: { errors } })
  })
})

describe('lists are paged', () => {
  test('of endpoints, without a gap or a repeat', async () => {
    const owner = await world.newMerchant()
    const made: string[] = []
    for (let i = 0; i < 5; i++) {
      made.unshift((await addEndpoint(owner)).id)
      world.clock.advance(1)
    }
    expect(await idsOfPages(owner, WEBHOOKS, 2)).toEqual([made.slice(0, 2), made.slice(2, 4), made.slice(4)])
  })

  test('of deliveries, with their attempts, and by status', async () => {
    const { merchant: told, endpoint } = await newToldMerchant(world)
    for (let i = 0; i < 3; i++) {
      await makeEvent(told)
      world.clock.advance(1)
      if (i === 0) await deliverDue(world.deps)
    }
    const path = `${pathOf(endpoint)}deliveries/`
    const { body } = await told.api.get(path)
    const deliveries = ListSchema(DeliverySchema).parse(body).data
    expect(deliveries).toMatchObject([
      { status: 'pending', attempts: [] },
      { status: 'pending', attempts: [] },
      {
        status: 'succeeded',
        attempts: [{ number: 1, outcome: 'accepted', response_status: 200, response_body: 'ok' }],
      },
    ])
    const ids = body.data.map(({ id }: { id: string }) => id)
    expect(await idsOfPages(told, path, 2)).toEqual([ids.slice(0, 2), ids.slice(2)])
    expect(await idsOfPages(told, `${path}?status=pending`, 1)).toEqual([[ids[0]], [ids[1]]])
    expect(await idsOfPages(told, `${path}?status=succeeded`, 1)).toEqual([[ids[2]]])
    expect(await idsOfPages(told, `${path}?status=exhausted`, 1)).toEqual([[]])
  })
})

/** The ids of each page, to the last. */
async function idsOfPages(reader: Merchant, path: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  let cursor = ''
  do {
    const query = `${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`
    const { body } = await reader.api.get(`${path}${query}`)
    pages.push(body.data.map(({ id }: { id: string }) => id))
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  return pages
}
