/** `/api/v1/transactions/`: what is taken, what is refused with which field, and how lists filter and page. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { TransactionSchema } from '../../src/http/routes/transactions.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import { connectPaystack, deliverProviderWebhooks, ORDER, pay } from '../support/paystack.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('transactions')
const INITIATE = '/api/v1/transactions/initiate_payment/'

let merchant: Merchant

beforeAll(async () => {
  merchant = await world.newMerchant()
  await connectPaystack(world, merchant)
})

const customer = (more: object) => ({ ...ORDER, customer: { ...ORDER.customer, ...more } })

describe('bad input is refused with its field, and writes nothing', () => {
  const raw = (amount: string) => JSON.stringify({ ...ORDER, amount: 'AMOUNT' }).replace('"AMOUNT"', amount)

  test.each<[string, unknown, number, string, string]>([
    ['an amount of 0', { ...ORDER, amount: 0 }, 422, 'validation_failed', 'amount'],
    ['a negative amount', { ...ORDER, amount: -1 }, 422, 'validation_failed', 'amount'],
    ['a fractional amount', { ...ORDER, amount: 100.5 }, 422, 'validation_failed', 'amount'],
    ['an amount as a string', { ...ORDER, amount: '150000' }, 422, 'validation_failed', 'amount'],
    ['an amount beyond 2^53-1', raw('9007199254740992'), 422, 'validation_failed', 'amount'],
    ['an amount beyond what a number holds', raw('1e400'), 422, 'validation_failed', 'amount'],
    ['an amount of null', { ...ORDER, amount: null }, 422, 'validation_failed', 'amount'],
    ['an amount that is an object', { ...ORDER, amount: {} }, 422, 'validation_failed', 'amount'],
    [
      'an amount below the provider’s least',
      { ...ORDER, provider: 'paystack', amount: 4_999 },
      422,
      'amount_below_minimum',
      'amount',
    ],
    [
      'an amount above the provider’s most',
      { ...ORDER, provider: 'paystack', amount: 1_000_000_001 },
      422,
      'amount_above_maximum',
      'amount',
    ],
    ['no amount', { ...ORDER, amount: undefined }, 422, 'validation_failed', 'amount'],
    ['an unknown currency', { ...ORDER, currency: 'XYZ' }, 422, 'validation_failed', 'currency'],
    ['a currency in small letters', { ...ORDER, currency: 'ngn' }, 422, 'validation_failed', 'currency'],
    ['a currency as a number', { ...ORDER, currency: 566 }, 422, 'validation_failed', 'currency'],
    [
      'a name of an object’s prototype as currency',
      { ...ORDER, currency: 'constructor' },
      422,
      'validation_failed',
      'currency',
    ],
    ['no customer', { ...ORDER, customer: undefined }, 422, 'validation_failed', 'customer'],
    ['no e-mail', customer({ email: undefined }), 422, 'validation_failed', 'customer.email'],
    ['an e-mail without form', customer({ email: 'ada' }), 422, 'validation_failed', 'customer.email'],
    [
      'an e-mail that is too long',
      customer({ email: `${'a'.repeat(250)}@b.co` }),
      422,
      'validation_failed',
      'customer.email',
    ],
    ['a NUL in a name', customer({ name: 'a\u0000b' }), 422, 'validation_failed', 'customer.name'],
    ['half of a surrogate pair', '{"description":"\\udc00"}', 422, 'validation_failed', 'description'],
    ['a phone number without form', customer({ phone: '0801' }), 422, 'validation_failed', 'customer.phone'],
    ['an unknown field', { ...ORDER, ammount: 1 }, 422, 'validation_failed', 'ammount'],
    ['an unknown field of the customer', customer({ mail: 'x' }), 422, 'validation_failed', 'customer.mail'],
    ['a reference with a blank', { ...ORDER, reference: 'order 1' }, 422, 'validation_failed', 'reference'],
    ['a reference that is too long', { ...ORDER, reference: 'x'.repeat(101) }, 422, 'validation_failed', 'reference'],
    ['an empty reference', { ...ORDER, reference: '' }, 422, 'validation_failed', 'reference'],
    ['metadata that is a list', { ...ORDER, metadata: [] }, 422, 'validation_failed', 'metadata'],
    ['metadata with a number', { ...ORDER, metadata: { a: 1 } }, 422, 'validation_failed', 'metadata.a'],
    [
      'too much metadata',
      { ...ORDER, metadata: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, 'x'.repeat(500)])) },
      422,
      'validation_failed',
      'metadata',
    ],
    ['a callback that is no URL', { ...ORDER, callback_url: 'shop.test' }, 422, 'validation_failed', 'callback_url'],
    [
      'a callback that is a script',
      { ...ORDER, callback_url: 'javascript:alert(1)' },
      422,
      'validation_failed',
      'callback_url',
    ],
    ['a provider that is not there', { ...ORDER, provider: 'paypal' }, 422, 'validation_failed', 'provider'],
    ['an expiry below the least', { ...ORDER, expires_in: 299 }, 422, 'validation_failed', 'expires_in'],
    ['an expiry above the most', { ...ORDER, expires_in: 604_801 }, 422, 'validation_failed', 'expires_in'],
  ])('%s', async (_what, body, status, code, field) => {
    const before = await world.query(sql`select count(*) from transactions`)
    const answer = await merchant.api.post(INITIATE, body)
    expect(answer).toMatchObject({ status, body: { code } })
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await world.query(sql`select count(*) from transactions`)).toEqual(before)
  })

  test('a currency that no connection takes has its own code', async () => {
    const answer = await merchant.api.post(INITIATE, { ...ORDER, currency: 'KWD' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'no_usable_connection' } })
  })

  test('a merchant without a connection is told so, and nothing is written', async () => {
    const bare = await world.newMerchant()
    const answer = await bare.api.post(INITIATE, ORDER, { 'idempotency-key': 'k' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'no_usable_connection' } })
    expect((await bare.api.get('/api/v1/transactions/')).body.data).toEqual([])
    // The refusal was rolled back with its claim: once connected, the same request goes through.
    await connectPaystack(world, bare)
    expect((await bare.api.post(INITIATE, ORDER, { 'idempotency-key': 'k' })).status).toBe(201)
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['status=completed', 'status'],
    ['created_from=yesterday', 'created_from'],
    ['nonsense=1', 'nonsense'],
  ])('a list with ?%s is refused', async (query, field) => {
    const answer = await merchant.api.get(`/api/v1/transactions/?${query}`)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } })
  })
})

describe('lists', () => {
  let other: Merchant

  beforeAll(async () => {
    other = await world.newMerchant()
    await connectPaystack(world, other)
    for (const [n, currency] of ['NGN', 'GHS', 'NGN', 'KES', 'NGN'].entries()) {
      const email = `payer${n % 2}@customer.test`
      const made = await other.api.post(INITIATE, { ...ORDER, currency, reference: `n-${n}`, customer: { email } })
      expect(made.status).toBe(201)
      if (n === 0) {
        await pay(world, made.body.id)
        await deliverProviderWebhooks(world)
      }
      world.clock.advance(60_000)
    }
  })

  const references = async (query: string): Promise<string[]> => {
    const { status, body } = await other.api.get(`/api/v1/transactions/?${query}`)
    expect(status).toBe(200)
    return ListSchema(TransactionSchema)
      .parse(body)
      .data.map((row) => TransactionSchema.parse(row).reference)
  }

  test('newest first', async () => {
    expect(await references('')).toEqual(['n-4', 'n-3', 'n-2', 'n-1', 'n-0'])
  })

  test.each([
    ['status=succeeded', ['n-0']],
    ['status=pending&currency=NGN', ['n-4', 'n-2']],
    ['currency=KES', ['n-3']],
    ['provider=paystack&limit=2', ['n-4', 'n-3']],
    ['reference=n-1', ['n-1']],
    ['customer_email=PAYER1@customer.test', ['n-3', 'n-1']],
  ])('by %s', async (query, expected) => {
    expect(await references(query)).toEqual(expected)
  })

  test('created between two times: from the first, before the second', async () => {
    const { body } = await other.api.get('/api/v1/transactions/')
    const [newest, , middle] = body.data
    expect(await references(`created_from=${middle.created_at}&created_before=${newest.created_at}`)).toEqual([
      'n-3',
      'n-2',
    ])
  })

  test('pages join without a gap or a repeat', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 10; pages++) {
      const { body } = await other.api.get(`/api/v1/transactions/?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...body.data.map((row: { reference: string }) => row.reference))
      cursor = body.next_cursor
    }
    expect(seen).toEqual(['n-4', 'n-3', 'n-2', 'n-1', 'n-0'])
  })
})
