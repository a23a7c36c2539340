/** Lists: their order, paging and filters; and `expand`, there and elsewhere. */
import { describe, expect, test } from 'vitest'
import { ORDER, START, type StripeMerchant, stripeTest } from './stripe-world.ts'

describe('lists', () => {
  const idsOf = async (merchant: StripeMerchant, query: string) => {
    const { body } = await merchant.get(`/checkout/sessions?${query}`)
    const ids = /"client_reference_id": "(\w+)"/g
    return { order: [...JSON.stringify(body, null, 1).matchAll(ids)].map(([, id]) => id).join(''), body }
  }
  const three = async () => {
    const { world, merchant, simulator } = stripeTest()
    const ids: Record<string, string> = {}
    for (const reference of ['a', 'b', 'c']) {
      ids[reference] = (await merchant.open(reference)).id
      world.advance(1000)
    }
    return { merchant, simulator, ids }
  }

  test.each([
    { query: () => '', order: 'cba', more: false },
    { query: () => 'limit=2', order: 'cb', more: true },
    { query: (ids: Record<string, string>) => `limit=1&starting_after=${ids.c}`, order: 'b', more: true },
    { query: (ids: Record<string, string>) => `starting_after=${ids.b}`, order: 'a', more: false },
    { query: (ids: Record<string, string>) => `limit=1&ending_before=${ids.a}`, order: 'b', more: true },
    { query: (ids: Record<string, string>) => `ending_before=${ids.b}`, order: 'c', more: false },
    { query: () => `created[gte]=${START + 1}`, order: 'cb', more: false },
    { query: () => `created[gt]=${START + 1}`, order: 'c', more: false },
    { query: () => `created[lt]=${START + 1}`, order: 'a', more: false },
    { query: () => `created%5Blte%5D=${START + 1}`, order: 'ba', more: false },
    { query: () => `created=${START + 1}`, order: 'b', more: false },
    {
      query: (ids: Record<string, string>) => `created[lt]=${START + 1}&starting_after=${ids.b}`,
      order: 'a',
      more: false,
    },
    { query: () => 'status=complete', order: '', more: false },
  ])('$order', async ({ query, order, more }) => {
    const { merchant, ids } = await three()
    const found = await idsOf(merchant, query(ids))
    expect(found.order).toBe(order)
    expect(found.body).toMatchObject({ object: 'list', url: '/v1/checkout/sessions', has_more: more })
  })

  test('filter sessions by payment, status and e-mail', async () => {
    const { merchant, simulator } = await three()
    simulator.control.pay({ reference: 'b' })
    const { intent } = simulator.control.session({ reference: 'b' })
    expect((await idsOf(merchant, `payment_intent=${intent?.id}`)).order).toBe('b')
    expect((await idsOf(merchant, 'status=open')).order).toBe('ca')
    expect((await idsOf(merchant, 'customer_details[email]=payer@customer.example')).order).toBe('b')
    expect((await idsOf(merchant, 'customer=cus_1')).order).toBe('')
  })

  test.each([
    { query: 'limit=0', code: 'parameter_invalid_integer', param: 'limit' },
    { query: 'limit=101', code: 'parameter_invalid_integer', param: 'limit' },
    { query: 'starting_after=cs_nobody', code: 'resource_missing', param: 'starting_after' },
    { query: 'expand[]=payment_intent', code: undefined, param: 'expand' },
  ])('refuse $query', async ({ query, code, param }) => {
    const { merchant } = await three()
    const { body } = await merchant.get(`/checkout/sessions?${query}`)
    expect(body).toMatchObject({ error: { type: 'invalid_request_error', param } })
    if (code !== undefined) expect(body).toMatchObject({ error: { code } })
  })
})

describe('expansion', () => {
  const paidSession = async () => {
    const { simulator, merchant, world } = stripeTest()
    const { id } = await merchant.open('expand')
    simulator.control.pay({ reference: 'expand' })
    world.advance(10_000)
    return { id, merchant }
  }

  test('puts objects in the place of ids, as deep as asked', async () => {
    const { id, merchant } = await paidSession()
    const path = 'payment_intent.latest_charge.balance_transaction'
    const { body } = await merchant.get(`/checkout/sessions/${id}?expand[0]=${path}`)
    expect(body).toMatchObject({
      payment_intent: {
        object: 'payment_intent',
        latest_charge: { object: 'charge', balance_transaction: { object: 'balance_transaction', type: 'charge' } },
      },
    })
    expect((await merchant.get(`/checkout/sessions?expand[]=data.${path}`)).body).toMatchObject({
      data: [{ payment_intent: { latest_charge: { balance_transaction: { amount: 4500 } } } }],
    })
  })

  test('of nothing is nothing', async () => {
    const { merchant } = stripeTest()
    const { id } = await merchant.open('not-yet')
    const { body } = await merchant.get(`/checkout/sessions/${id}?expand[]=payment_intent.latest_charge`)
    expect(body).toMatchObject({ payment_intent: null })
  })

  test.each([
    'amount_total',
    'payment_intent.amount',
    'payment_intent.latest_charge.payment_intent.latest_charge.balance_transaction',
    'data.payment_intent',
  ])('of %s is refused, before anything is done', async (path) => {
    const { merchant } = stripeTest()
    const refused = await merchant.refusal('/checkout/sessions', { ...ORDER, expand: [path] })
    expect(refused).toMatchObject({ status: 400, message: `This property cannot be expanded (${path}).` })
    expect((await merchant.get('/checkout/sessions')).body).toMatchObject({ data: [] })
  })
})
