/** `/api/v1/routing-rules/`: what rules are taken, how they take each other's place, and which payment goes where. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { PAYMENT_METHODS } from '../../src/domain/payment-method.ts'
import { RoutingRuleSchema } from '../../src/http/routes/routing.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import { attemptsOf, connect, initiate, newMerchantWithTwo } from '../support/connections.ts'
import { ORDER } from '../support/paystack.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('routing_rules')
const RULES = '/api/v1/routing-rules/'
const UNKNOWN = 'con_01kav3q2m8x4c5d6e7f8g9h0jk'

const replace = (merchant: Merchant, rules: readonly object[], headers?: Record<string, string>) =>
  merchant.api.put(RULES, { rules }, headers)

const to = (...ids: string[]) => ids.map((connection_id) => ({ connection_id }))

/** The names of the rules, as they are read. */
async function namesOf(merchant: Merchant): Promise<string[]> {
  const { body } = await merchant.api.get(RULES)
  return body.data.map(({ name }: { name: string }) => name)
}

describe('the rules', () => {
  test('of a merchant who made none are an empty list', async () => {
    const merchant = await world.newMerchant()
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.get(RULES))
    expect(result).toMatchObject({ status: 200, body: { object: 'list', data: [], next_cursor: null } })
    expect(roundTrips).toBe(1)
  })

  test('are replaced and read as a whole, in one round trip each, with every field', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    const rules = [
      {
        name: 'Large naira by card',
        currencies: ['NGN'],
        amount_min: 100_000,
        amount_max: 200_000,
        countries: ['NG', 'GH'],
        methods: ['card', 'ussd'],
        strategy: 'weight',
        connections: [
          { connection_id: second.id, weight: 3 },
          { connection_id: first.id, weight: 1 },
        ],
      },
      { name: 'The rest', connections: to(first.id) },
    ]
    const put = await world.countRoundTrips(() => replace(merchant, rules))
    expect(put).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    const { body } = put.result
    expect(ListSchema(RoutingRuleSchema.strict()).parse(body)).toEqual(body)
    const common = { object: 'routing_rule', mode: 'test', created_at: world.clock.now().toISOString() }
    const rest = {
      currencies: [],
      amount_min: null,
      amount_max: null,
      countries: [],
      methods: [],
      strategy: 'priority',
      connections: [{ connection_id: first.id, weight: 1 }],
    }
    expect(body.data).toEqual([
      { ...common, ...rules[0], id: body.data[0].id, position: 1 },
      { ...common, ...rest, name: 'The rest', id: body.data[1].id, position: 2 },
    ])
    const got = await world.countRoundTrips(() => merchant.api.get(RULES))
    expect(got).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    expect(got.result.body).toEqual(body)
  })

  test('stand in the order in which they were sent, and take the place of those before', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    const rule = (name: string, id: string) => ({ name, connections: to(id) })
    const before = await replace(merchant, [rule('b', first.id), rule('a', second.id), rule('c', first.id)])
    expect(await namesOf(merchant)).toEqual(['b', 'a', 'c'])
    const after = await replace(merchant, [rule('c', first.id), rule('b', first.id)])
    expect(await namesOf(merchant)).toEqual(['c', 'b'])
    expect(after.body.data.map(({ position }: { position: number }) => position)).toEqual([1, 2])
    const ids = (answer: typeof before) => answer.body.data.map(({ id }: { id: string }) => id)
    expect(new Set([...ids(before), ...ids(after)]).size).toBe(5)
  })

  test('are removed by an empty list', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    await replace(merchant, [{ name: 'a', connections: to(first.id) }])
    const { result, roundTrips } = await world.countRoundTrips(() => replace(merchant, []))
    expect(result).toMatchObject({ status: 200, body: { object: 'list', data: [], next_cursor: null } })
    expect(roundTrips).toBe(1)
    expect(await namesOf(merchant)).toEqual([])
  })

  test('may be as many as the limit says, with as many connections', async () => {
    const merchant = await world.newMerchant()
    const ids: string[] = []
    for (let i = 0; i < LIMITS.routingTargetsMax; i++) ids.push((await connect(world, merchant, i)).id)
    const rules = Array.from({ length: LIMITS.routingRulesMax }, (_, i) => ({ name: `${i}`, connections: to(...ids) }))
    const { body } = await replace(merchant, rules)
    expect(body.data).toHaveLength(LIMITS.routingRulesMax)
    const targets = body.data.at(-1).connections.map(({ connection_id }: { connection_id: string }) => connection_id)
    expect(targets).toEqual(ids)
  })

  test('replaced by two at once are the one list or the other', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    const listOf = (name: string) => [1, 2, 3].map((i) => ({ name: `${name}${i}`, connections: to(first.id) }))
    for (let round = 0; round < 5; round++) {
      const both = await Promise.all(['a', 'b'].map((name) => replace(merchant, listOf(name))))
      for (const { status, body } of both) expect(status === 200 || body.code === 'try_again').toBe(true)
      expect(both.some(({ status }) => status === 200)).toBe(true)
      expect([listOf('a'), listOf('b')].map((list) => list.map(({ name }) => name))).toContainEqual(
        await namesOf(merchant),
      )
    }
  })

  test('leave an audit entry for each that came and each that went, with the names of fields and no values', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    const from = { 'cf-connecting-ip': '198.51.100.9', 'user-agent': 'kora/1.0' }
    const made = await replace(merchant, [{ name: 'Sesame', connections: to(first.id) }], from)
    const entries = async () => (await merchant.api.get('/api/v1/audit-logs/?action=routing_rules.replaced')).body.data
    const [came, ...others] = await entries()
    expect(others).toEqual([])
    expect(came).toMatchObject({
      actor_id: merchant.apiKeyId,
      object_type: 'routing_rule',
      object_id: made.body.data[0].id,
      mode: 'test',
      details: {},
      ip_address: '198.51.100.9',
      user_agent: 'kora/1.0',
    })
    world.clock.advance(1)
    await replace(merchant, [], from)
    const [went] = await entries()
    expect(went).toMatchObject({ object_id: made.body.data[0].id, details: { changed: ['retired_at'] } })
    expect(JSON.stringify(await entries())).not.toContain('Sesame')
  })

  test('are of one merchant and one mode', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    await replace(merchant, [{ name: 'a', connections: to(first.id) }])
    const stranger = await world.newMerchant()
    const live = { ...merchant, api: caller(world.app, merchant.accessToken, 'live') }
    for (const other of [stranger, live]) {
      expect(await namesOf(other)).toEqual([])
      expect((await replace(other, [])).status).toBe(200)
    }
    expect(await namesOf(merchant)).toEqual(['a'])
  })

  test.each([
    ['owner', 200],
    ['admin', 200],
  ])('are replaced by a person who is %s', async (_role, status) => {
    const { merchant, first } = await newMerchantWithTwo(world)
    const answer = await merchant.person.put(RULES, { rules: [{ name: 'a', connections: to(first.id) }] })
    expect(answer.status).toBe(status)
  })

  test('are read with connections:read, and replaced with connections:write alone', async () => {
    const { merchant } = await newMerchantWithTwo(world)
    const scopes = ['connections:read', 'refunds:write', 'transactions:write']
    const { body } = await merchant.person.post('/api/v1/api-keys/', { name: 'reader', scopes })
    const reader = { ...merchant, api: caller(world.app, String(body.key)) }
    expect(await namesOf(reader)).toEqual([])
    expect(await replace(reader, [])).toMatchObject({ status: 403, body: { code: 'scope_missing' } })
  })
})

describe('a list that is refused leaves the rules as they were', () => {
  let merchant: Merchant
  let ours: string

  beforeAll(async () => {
    const made = await newMerchantWithTwo(world)
    merchant = made.merchant
    ours = made.first.id
    await replace(merchant, [{ name: 'kept', connections: to(ours) }])
  })

  const state = () => world.query(sql`select id, retired_at from routing_rules order by id`)

  test('with a connection that is not there, is another’s, or of the other mode', async () => {
    const stranger = await world.newMerchant()
    const theirs = await connect(world, stranger, 1)
    const live = await connect(
      world,
      { ...merchant, mode: 'live', person: caller(world.app, merchant.accessToken, 'live') },
      1,
    )
    const before = await state()
    for (const id of [UNKNOWN, theirs.id, live.id]) {
      // Wherever in the list it stands.
      for (const connections of [to(id), to(ours, id)]) {
        const answer = await replace(merchant, [
          { name: 'a', connections: to(ours) },
          { name: 'b', connections },
        ])
        expect(answer).toMatchObject({ status: 404, body: { code: 'connection_not_found' } })
      }
    }
    expect(await state()).toEqual(before)
  })

  test.each<[string, (rule: object) => unknown, string]>([
    ['no rules', () => ({}), 'rules'],
    ['rules that are no list', () => ({ rules: {} }), 'rules'],
    ['a rule that is a text', () => ({ rules: ['first'] }), 'rules.0'],
    ['more rules than there may be', (rule) => ({ rules: Array(LIMITS.routingRulesMax + 1).fill(rule) }), 'rules'],
    ['a field beside the rules', (rule) => ({ rules: [rule], mode: 'live' }), 'mode'],
  ])('with %s', async (_what, bodyOf, field) => {
    await expectInvalid(bodyOf({ name: 'a', connections: to(ours) }), field)
  })

  const TARGET = { connection_id: UNKNOWN }

  test.each<[string, object, string]>([
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a name that is too long', { name: 'x'.repeat(61) }, 'name'],
    ['a NUL in the name', { name: 'a\u0000b' }, 'name'],
    ['an unknown currency', { currencies: ['NGN', 'XYZ'] }, 'currencies.1'],
    ['a currency in small letters', { currencies: ['ngn'] }, 'currencies.0'],
    ['a currency that is no list', { currencies: 'NGN' }, 'currencies'],
    ['more currencies than there are', { currencies: Array(201).fill('NGN') }, 'currencies'],
    ['a negative amount', { currencies: ['NGN'], amount_min: -1 }, 'amount_min'],
    ['a fractional amount', { currencies: ['NGN'], amount_max: 0.5 }, 'amount_max'],
    ['an amount as a text', { currencies: ['NGN'], amount_min: '1' }, 'amount_min'],
    ['an amount of any currency', { amount_min: 1 }, 'currencies'],
    ['an amount of two currencies', { amount_max: 1, currencies: ['NGN', 'GHS'] }, 'currencies'],
    ['amounts the wrong way round', { currencies: ['NGN'], amount_min: 2, amount_max: 1 }, 'amount_max'],
    ['a country of three letters', { countries: ['NG', 'NGA'] }, 'countries.1'],
    ['a country in small letters', { countries: ['ng'] }, 'countries.0'],
    ['more countries than there are', { countries: Array(251).fill('NG') }, 'countries'],
    ['an unknown method', { methods: ['card', 'cash'] }, 'methods.1'],
    ['more methods than there are', { methods: Array(PAYMENT_METHODS.length + 15).fill('card') }, 'methods'],
    ['an unknown strategy', { strategy: 'random' }, 'strategy'],
    ['no connections', { connections: undefined }, 'connections'],
    ['an empty list of connections', { connections: [] }, 'connections'],
    ['a connection twice', { connections: [TARGET, TARGET] }, 'connections'],
    [
      'more connections than there may be',
      { connections: Array(LIMITS.routingTargetsMax + 1).fill(TARGET) },
      'connections',
    ],
    ['a connection that is only an id', { connections: [UNKNOWN] }, 'connections.0'],
    ['an id of another kind', { connections: [{ connection_id: 'txn_1' }] }, 'connections.0.connection_id'],
    ['a weight of 0', { connections: [{ ...TARGET, weight: 0 }] }, 'connections.0.weight'],
    ['a weight beyond a thousand', { connections: [{ ...TARGET, weight: 1_001 }] }, 'connections.0.weight'],
    ['a weight that is no whole number', { connections: [{ ...TARGET, weight: 1.5 }] }, 'connections.0.weight'],
    ['a field that a connection has not', { connections: [{ ...TARGET, place: 1 }] }, 'connections.0.place'],
    ['a position', { position: 1 }, 'position'],
    ['an id', { id: 'rul_01kav3q2m8x4c5d6e7f8g9h0jk' }, 'id'],
  ])('with %s, in the second rule', async (_what, change, field) => {
    const rule = { name: 'a', connections: to(ours) }
    await expectInvalid({ rules: [rule, { ...rule, ...change }] }, `rules.1.${field}`)
  })

  async function expectInvalid(body: unknown, field: string): Promise<void> {
    const before = await state()
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.put(RULES, body))
    expect(result).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(result.body.errors.map((error: { field: string }) => error.field)).toContain(field)
    expect(roundTrips).toBe(0)
    expect(await state()).toEqual(before)
  }
})

describe('a payment', () => {
  let merchant: Merchant
  /** Connections of it, by the priority that they are tried in without a rule. */
  let plain: string
  let ruled: string
  let disabled: string

  beforeAll(async () => {
    const made = await newMerchantWithTwo(world)
    merchant = made.merchant
    plain = made.first.id
    ruled = made.second.id
    disabled = (await connect(world, merchant, 3)).id
    await merchant.api.post(`/api/v1/payment-providers/${disabled}/disable/`)
  })

  const ruleOf = (conditions: object) => ({ name: 'this', ...conditions, connections: to(ruled) })

  /** Where the payment went, and why. */
  async function choose(order: object): Promise<unknown> {
    const started = await initiate(merchant, { ...ORDER, ...order })
    expect(started.status).toBe(201)
    const [attempt, ...others] = await attemptsOf(world, String(started.body.id))
    expect(others).toEqual([])
    expect(attempt?.connection_id).toBe(started.body.connection_id)
    return [started.body.connection_id, attempt?.chosen_because]
  }

  const BY_RULE = 'rule_by_priority: this'
  const BY_DEFAULT = 'first_active_connection'
  const NGN = { currencies: ['NGN'] }

  test.each<[string, object, object]>([
    ['of any kind, by a rule without conditions', {}, {}],
    ['in its currency', NGN, {}],
    ['in one of its currencies', { currencies: ['GHS', 'NGN'] }, {}],
    ['of its least amount', { ...NGN, amount_min: ORDER.amount }, {}],
    ['of its greatest amount', { ...NGN, amount_max: ORDER.amount }, {}],
    ['of the only amount', { ...NGN, amount_min: ORDER.amount, amount_max: ORDER.amount }, {}],
    ['of a customer in its country', { countries: ['GH', 'NG'] }, { country: 'NG' }],
    ['by its method', { methods: ['card', 'ussd'] }, { method: 'ussd' }],
    ['that fits in all', { ...NGN, countries: ['NG'], methods: ['card'] }, { country: 'NG', method: 'card' }],
  ])('%s goes where the rule says', async (_what, conditions, order) => {
    await replace(merchant, [ruleOf(conditions)])
    expect(await choose(order)).toEqual([ruled, BY_RULE])
  })

  test.each<[string, object, object]>([
    ['in another currency', { currencies: ['GHS', 'KES'] }, {}],
    ['of less than that', { ...NGN, amount_min: ORDER.amount + 1 }, {}],
    ['of more than that', { ...NGN, amount_max: ORDER.amount - 1 }, {}],
    ['within the amounts of another currency', { currencies: ['GHS'], amount_min: 0 }, {}],
    ['of a customer elsewhere', { countries: ['GH', 'NG'] }, { country: 'KE' }],
    ['of a customer who may be anywhere', { countries: ['NG'] }, {}],
    ['by another method', { methods: ['card'] }, { method: 'ussd' }],
    ['by whichever method', { methods: ['card'] }, {}],
    ['that fits in all but one', { ...NGN, countries: ['NG'], methods: ['card'] }, { country: 'NG' }],
  ])('%s is none of the rule’s', async (_what, conditions, order) => {
    await replace(merchant, [ruleOf(conditions)])
    expect(await choose(order)).toEqual([plain, BY_DEFAULT])
  })

  test('goes by the first rule that fits', async () => {
    const other = { name: 'other', connections: to(plain) }
    await replace(merchant, [ruleOf({ currencies: ['GHS'] }), other, ruleOf(NGN)])
    expect(await choose({})).toEqual([plain, 'rule_by_priority: other'])
    await replace(merchant, [ruleOf(NGN), other])
    expect(await choose({})).toEqual([ruled, BY_RULE])
  })

  test('goes by no rule that was replaced', async () => {
    await replace(merchant, [ruleOf({})])
    await replace(merchant, [])
    expect(await choose({})).toEqual([plain, BY_DEFAULT])
  })

  test('goes to the first of a rule’s connections that is active', async () => {
    await replace(merchant, [{ name: 'this', connections: to(disabled, ruled, plain) }])
    expect(await choose({})).toEqual([ruled, BY_RULE])
  })

  test('passes by a rule of which no connection is active', async () => {
    await replace(merchant, [{ name: 'asleep', connections: to(disabled) }, ruleOf({})])
    expect(await choose({})).toEqual([ruled, BY_RULE])
    await replace(merchant, [{ name: 'asleep', connections: to(disabled) }])
    expect(await choose({})).toEqual([plain, BY_DEFAULT])
  })

  test('passes by a rule whose providers can’t take it', async () => {
    const shop = await world.newMerchant()
    const paystack = await connect(world, shop, 1)
    const stripe = await connect(world, shop, 2, 'stripe')
    await replace(shop, [{ name: 'Stripe', connections: to(stripe.id) }])
    const place = async (order: object) => (await initiate(shop, { ...ORDER, ...order })).body.connection_id
    expect(await place({})).toBe(stripe.id)
    expect(await place({ method: 'ussd' })).toBe(paystack.id)
    expect(await place({ provider: 'paystack' })).toBe(paystack.id)
  })

  test('by weight goes to each of a rule’s connections as often as its weight says', async () => {
    const weights = { [plain]: 1, [ruled]: 3 }
    const connections = Object.entries(weights).map(([connection_id, weight]) => ({ connection_id, weight }))
    await replace(merchant, [{ name: 'split', strategy: 'weight', connections }])
    const draws = 4_000
    const rows = await world.query(sql`
      select r.connection_id, r.reason, count(*)::integer as count
      from generate_series(0, ${draws}::integer - 1) n, lateral (
        select * from app.route(${merchant.merchantId}, 'test', 150000, 'NGN', null, null, array['paystack'],
                                array[]::text[], n::double precision / ${draws}::integer) limit 1) r
      group by 1, 2`)
    expect(rows).toHaveLength(2)
    for (const { connection_id, reason, count } of rows) {
      expect(reason).toBe('rule_by_weight: split')
      const share = (weights[String(connection_id)] ?? 0) / 4
      // Three standard deviations of so many draws are two in a hundred.
      expect(Math.abs(Number(count) / draws - share)).toBeLessThan(0.03)
    }
    const went = new Set<unknown>()
    for (let i = 0; i < 20; i++) went.add((await initiate(merchant)).body.connection_id)
    expect(went).toEqual(new Set([plain, ruled]))
  })
})
