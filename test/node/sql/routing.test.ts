/** Which connection takes a payment: app.route goes by the merchant's rules and by the health of each connection. */
import { afterAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../support/random.ts'
import {
  enter,
  enterWorker,
  insert,
  insertion,
  type Merchant,
  NOW,
  newMerchant,
  nextId,
  openDatabase,
  type Row,
} from './actors.ts'
import { newConnection, newRule, settle } from './rows.ts'

const database = await openDatabase('t_sql_routing')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const FIRST = 'first_active_connection'
const SHUT = 'circuit_open_and_no_other'

/** A merchant in test mode, whose connections are known by their names. */
interface Shop {
  readonly merchant: Merchant
  readonly ids: Map<string, string>
}

async function newShop(...connections: string[]): Promise<Shop> {
  const shop: Shop = { merchant: await newMerchant(database, nextId('shop')), ids: new Map() }
  for (const name of connections) await connect(shop, name)
  return shop
}

/** Adds a connection, with the next id; of one priority, so that they stand in the order in which they are added. */
async function connect(shop: Shop, name: string, row: Row = {}): Promise<void> {
  const connection: Row = { ...newConnection({ merchant: shop.merchant, mode: 'test' }), name, ...row }
  await insert(owner, 'connections', connection)
  shop.ids.set(name, String(connection.id))
}

const idOf = ({ ids }: Shop, name: string): string => {
  const id = ids.get(name)
  if (id === undefined) throw new Error(`no connection is called ${name}`)
  return id
}

/** Adds a rule. @param targets names of connections in order, with their weights where they have any */
async function rule(
  shop: Shop,
  row: Row,
  targets: Readonly<Record<string, number>> | readonly string[],
): Promise<string> {
  const made: Row = { ...newRule({ merchant: shop.merchant, mode: 'test' }), position: 1, ...row }
  await insert(owner, 'routing_rules', made)
  const weights = Array.isArray(targets) ? targets.map((name) => [name, 1] as const) : Object.entries(targets)
  for (const [index, [name, weight]] of weights.entries()) {
    await insert(owner, 'routing_rule_targets', {
      rule_id: made.id,
      merchant_id: made.merchant_id,
      mode: made.mode,
      place: index + 1,
      connection_id: idOf(shop, name),
      weight,
    })
  }
  return String(made.id)
}

const health = (shop: Shop, name: string, row: Row) =>
  insert(owner, 'connection_health', {
    connection_id: idOf(shop, name),
    merchant_id: shop.merchant.merchantId,
    mode: 'test',
    failures: 3,
    ...row,
  })

interface Asked {
  amount?: number
  currency?: string
  country?: string | null
  method?: string | null
  capable?: string[]
  /** Names of connections that were tried. */
  except?: string[]
  draw?: number
  at?: string
}

const ROUTE = 'select connection_id, provider, reason from app.route($1, $2, $3, $4, $5, $6, $7, $8, $9)'

/** Where a payment would go: names and reasons, the best first. The API and the worker are asked, and must agree. */
async function route(shop: Shop, asked: Asked = {}): Promise<string[]> {
  const { amount = 1_000, currency = 'NGN', country = null, method = null, capable = ['paystack'] } = asked
  const { except = [], draw = 0.5, at = NOW } = asked
  const { merchantId } = shop.merchant
  const tried = except.map((name) => idOf(shop, name))
  const params = [merchantId, 'test', amount, currency, country, method, capable, tried, draw]
  const asApi = await api.rehearse(async () => {
    await enter(api, shop.merchant, { at })
    return api.rows(ROUTE, params)
  })
  const asWorker = await worker.rehearse(async () => {
    await enterWorker(worker, at)
    return worker.rows(ROUTE, params)
  })
  expect(asApi).toEqual(asWorker)
  const names = new Map([...shop.ids].map(([name, id]) => [id, name]))
  return asApi.map(({ connection_id: id, reason }) => `${names.get(String(id))}: ${reason}`)
}

const namesOf = async (routed: Promise<string[]>) => (await routed).map((line) => line.split(':')[0])

describe('without rules', () => {
  test('active connections take it by priority, then by id', async () => {
    const shop = await newShop()
    await connect(shop, 'third', { priority: 100 })
    await connect(shop, 'fourth', { priority: 100 })
    await connect(shop, 'second', { priority: 7 })
    await connect(shop, 'first', { priority: 0 })
    expect(await route(shop)).toEqual(['first', 'second', 'third', 'fourth'].map((name) => `${name}: ${FIRST}`))
  })

  test('nobody takes it where nobody is', async () => {
    expect(await route(await newShop())).toEqual([])
  })

  test('a connection that is disabled, or whose provider can’t, never does', async () => {
    const shop = await newShop()
    await connect(shop, 'disabled', { status: 'disabled', priority: 0 })
    await connect(shop, 'at Chapa', { provider: 'chapa', priority: 1 })
    await connect(shop, 'at Stripe', { provider: 'stripe', priority: 2 })
    await connect(shop, 'at Paystack')
    expect(await namesOf(route(shop, { capable: ['paystack', 'stripe'] }))).toEqual(['at Stripe', 'at Paystack'])
    expect(await route(shop, { capable: ['flutterwave'] })).toEqual([])
    expect(await route(shop, { capable: [] })).toEqual([])
  })

  test('what was tried is not tried again', async () => {
    const shop = await newShop('a', 'b', 'c')
    expect(await namesOf(route(shop, { except: ['a'] }))).toEqual(['b', 'c'])
    expect(await namesOf(route(shop, { except: ['c', 'a'] }))).toEqual(['b'])
    expect(await route(shop, { except: ['a', 'b', 'c'] })).toEqual([])
  })
})

describe('a rule', () => {
  const cases: { rule: Row; asked: Asked; fits: boolean }[] = [
    { rule: {}, asked: {}, fits: true },
    { rule: { currencies: ['NGN'] }, asked: { currency: 'NGN' }, fits: true },
    { rule: { currencies: ['NGN'] }, asked: { currency: 'GHS' }, fits: false },
    { rule: { currencies: ['GHS', 'NGN'] }, asked: { currency: 'NGN' }, fits: true },
    { rule: { currencies: ['NGN'], amount_min: 1_000 }, asked: { amount: 999 }, fits: false },
    { rule: { currencies: ['NGN'], amount_min: 1_000 }, asked: { amount: 1_000 }, fits: true },
    { rule: { currencies: ['NGN'], amount_min: 1_000 }, asked: { amount: 1_001 }, fits: true },
    { rule: { currencies: ['NGN'], amount_max: 1_000 }, asked: { amount: 999 }, fits: true },
    { rule: { currencies: ['NGN'], amount_max: 1_000 }, asked: { amount: 1_000 }, fits: true },
    { rule: { currencies: ['NGN'], amount_max: 1_000 }, asked: { amount: 1_001 }, fits: false },
    { rule: { currencies: ['NGN'], amount_min: 1_000, amount_max: 1_000 }, asked: { amount: 1_000 }, fits: true },
    { rule: { currencies: ['NGN'], amount_min: 1_000, amount_max: 2_000 }, asked: { amount: 2_001 }, fits: false },
    { rule: { countries: ['NG'] }, asked: { country: 'NG' }, fits: true },
    { rule: { countries: ['GH', 'KE'] }, asked: { country: 'KE' }, fits: true },
    { rule: { countries: ['NG'] }, asked: { country: 'GH' }, fits: false },
    { rule: { countries: ['NG'] }, asked: { country: null }, fits: false },
    { rule: { methods: ['card'] }, asked: { method: 'card' }, fits: true },
    { rule: { methods: ['card', 'ussd'] }, asked: { method: 'bank_transfer' }, fits: false },
    { rule: { methods: ['card'] }, asked: { method: null }, fits: false },
    { rule: { countries: ['NG'], methods: ['card'] }, asked: { country: 'NG', method: 'card' }, fits: true },
    { rule: { countries: ['NG'], methods: ['card'] }, asked: { country: 'NG', method: 'ussd' }, fits: false },
    { rule: { retired_at: NOW }, asked: {}, fits: false },
  ]

  test.each(cases)('of $rule, fits a payment of $asked: $fits', async ({ rule: row, asked, fits }) => {
    const shop = await newShop('usual', 'named')
    await rule(shop, row, ['named'])
    expect(await route(shop, asked)).toEqual(
      fits ? ['named: rule_by_priority: everything'] : [`usual: ${FIRST}`, `named: ${FIRST}`],
    )
  })

  test('that fits first decides, and no other', async () => {
    const shop = await newShop('a', 'b', 'c')
    await rule(shop, { position: 9, name: 'third' }, ['c'])
    await rule(shop, { position: 3, name: 'first', currencies: ['GHS'] }, ['a'])
    await rule(shop, { position: 4, name: 'second' }, ['b'])
    expect(await route(shop, { currency: 'GHS' })).toEqual(['a: rule_by_priority: first'])
    expect(await route(shop, { currency: 'NGN' })).toEqual(['b: rule_by_priority: second'])
  })

  test('of priority has its connections in their places, whatever priority they have by themselves', async () => {
    const shop = await newShop()
    await connect(shop, 'cheap', { priority: 0 })
    await connect(shop, 'dear', { priority: 900 })
    await rule(shop, {}, ['dear', 'cheap'])
    for (const draw of [0, 0.25, 0.5, 0.75, 0.999]) {
      expect(await namesOf(route(shop, { draw }))).toEqual(['dear', 'cheap'])
    }
  })

  test('without a usable connection is passed by', async () => {
    const shop = await newShop('usual')
    await connect(shop, 'disabled', { status: 'disabled' })
    await connect(shop, 'at Chapa', { provider: 'chapa' })
    await rule(shop, { position: 1, name: 'to nobody' }, ['disabled'])
    await rule(shop, { position: 2, name: 'to Chapa' }, ['at Chapa', 'disabled'])
    expect(await route(shop)).toEqual([`usual: ${FIRST}`])
    expect(await route(shop, { capable: ['chapa', 'paystack'] })).toEqual(['at Chapa: rule_by_priority: to Chapa'])
    await rule(shop, { position: 3, name: 'last' }, ['usual'])
    expect(await route(shop)).toEqual(['usual: rule_by_priority: last'])
  })

  test('has none but usable connections take it', async () => {
    const shop = await newShop('usual')
    await connect(shop, 'disabled', { status: 'disabled' })
    await connect(shop, 'at Chapa', { provider: 'chapa' })
    await connect(shop, 'named')
    await rule(shop, {}, ['disabled', 'at Chapa', 'named'])
    expect(await namesOf(route(shop))).toEqual(['named'])
  })

  test('keeps its word when its connections were tried: what it does not name is not tried', async () => {
    const shop = await newShop('usual', 'a', 'b')
    await rule(shop, {}, ['b', 'a'])
    expect(await namesOf(route(shop, { except: ['b'] }))).toEqual(['a'])
    expect(await route(shop, { except: ['a', 'b'] })).toEqual([])
  })
})

describe('weights', () => {
  const DRAWS = 2_000
  const random = seededRandom(5)
  const draws = Array.from({ length: DRAWS }, () => random.int(0, 2 ** 32 - 1) / 2 ** 32)

  /** How often each connection came at this place, in all draws. */
  async function shares(shop: Shop, place: number): Promise<Record<string, number>> {
    const counted = await worker.rows(
      `select c.name, count(*)::int as count
       from unnest($2::double precision[]) as d (draw)
       cross join lateral app.route($1, 'test', 1000, 'NGN', null, null, '{paystack}', '{}', d.draw)
         with ordinality as r (connection_id, provider, reason, place)
       join connections c on c.id = r.connection_id
       where r.place = $3 group by 1`,
      [shop.merchant.merchantId, draws, place],
    )
    return Object.fromEntries(counted.map(({ name, count }) => [String(name), Number(count) / DRAWS]))
  }

  test.each([
    { weights: { a: 1, b: 1 } },
    { weights: { a: 3, b: 1 } },
    { weights: { a: 10, b: 60, c: 30 } },
    { weights: { a: 1, b: 1, c: 1, d: 1, e: 1 } },
    { weights: { a: 1_000, b: 1 } },
  ])('of $weights are the shares of many payments', async ({ weights }) => {
    const shop = await newShop(...Object.keys(weights))
    await rule(shop, { strategy: 'weight' }, weights)
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
    const found = await shares(shop, 1)
    for (const [name, weight] of Object.entries(weights)) {
      expect(Math.abs((found[name] ?? 0) - weight / total), `${name} of ${JSON.stringify(found)}`).toBeLessThan(0.04)
    }
  })

  test('rule the second place too, among those that are left', async () => {
    const shop = await newShop('a', 'b', 'c')
    await rule(shop, { strategy: 'weight' }, { a: 1_000, b: 3, c: 1 })
    const found = await shares(shop, 2)
    expect(found.b).toBeGreaterThan(0.7)
    expect(found.c).toBeGreaterThan(0.2)
  })

  test('give the same order to the same draw, with every connection in it once', async () => {
    const shop = await newShop('a', 'b', 'c')
    await rule(shop, { strategy: 'weight' }, { a: 1, b: 2, c: 3 })
    const orders = new Set<string>()
    for (const draw of draws.slice(0, 40)) {
      const order = await route(shop, { draw })
      expect(await route(shop, { draw })).toEqual(order)
      expect(order.toSorted()).toEqual(['a', 'b', 'c'].map((name) => `${name}: rule_by_weight: everything`))
      orders.add(order.join())
    }
    expect(orders.size).toBe(6)
  })

  test('of connections that can’t take it fall to the others', async () => {
    const shop = await newShop('a')
    await connect(shop, 'disabled', { status: 'disabled' })
    await rule(shop, { strategy: 'weight' }, { a: 1, disabled: 1_000 })
    expect(await shares(shop, 1)).toEqual({ a: 1 })
  })
})

describe('a circuit', () => {
  const [PAST, FUTURE] = ['2026-11-24T08:59:59.999Z', '2026-11-24T09:00:00.001Z']

  test.each([
    { open: null, probe: null, is: 'closed' },
    { open: FUTURE, probe: null, is: 'open' },
    { open: FUTURE, probe: FUTURE, is: 'open' },
    { open: NOW, probe: null, is: 'half_open' },
    { open: PAST, probe: null, is: 'half_open' },
    { open: PAST, probe: NOW, is: 'half_open' },
    { open: PAST, probe: FUTURE, is: 'probing' },
  ])('open until $open, tried until $probe, is $is', async ({ open, probe, is }) => {
    await worker.rehearse(async () => {
      await enterWorker(worker)
      expect(await worker.value('select app.circuit($1, $2)', [open, probe])).toBe(is)
    })
  })

  test('that failed but is closed changes nothing', async () => {
    const shop = await newShop('a', 'b')
    await health(shop, 'a', { failures: 2 })
    expect(await route(shop)).toEqual([`a: ${FIRST}`, `b: ${FIRST}`])
  })

  test('that is open comes last, and is still there where no other is', async () => {
    const shop = await newShop('a', 'b', 'c')
    await health(shop, 'a', { open_until: FUTURE })
    const routed = await route(shop)
    expect(routed.map((line) => line.split(':')[0])).toEqual(['b', 'c', 'a'])
    expect(routed.at(-1)).toBe(`a: ${SHUT}`)
    expect(routed.slice(0, 2)).toEqual([expect.stringMatching(`^b: ${FIRST}`), expect.stringMatching(`^c: ${FIRST}`)])
    await health(shop, 'c', { open_until: FUTURE })
    await health(shop, 'b', { open_until: FUTURE })
    expect(await route(shop)).toEqual(['a', 'b', 'c'].map((name) => `${name}: ${SHUT}`))
  })

  test.each(['priority', 'weight'])(
    'that is open comes last in a rule by %s, which still decides',
    async (strategy) => {
      const shop = await newShop('usual', 'a', 'b')
      await rule(shop, { strategy }, { a: 1_000, b: 1 })
      await health(shop, 'a', { open_until: FUTURE })
      const [first, ...rest] = await route(shop)
      expect(first).toMatch(new RegExp(`^b: rule_by_${strategy}: everything`))
      expect(rest).toEqual([`a: ${SHUT}`])
    },
  )

  test('that is half open is tried in its place, by one; the others pass it by until that one is back', async () => {
    const shop = await newShop('a', 'b')
    await health(shop, 'a', { open_until: NOW })
    expect(await route(shop)).toEqual([`a: ${FIRST}`, `b: ${FIRST}`])
    // The one takes it, with the right of the API's own role.
    await api.transact(async () => {
      await enter(api, shop.merchant)
      const take = `update connection_health set probe_until = app.now() + interval '15 s' where connection_id = $1`
      expect(await api.attempt(take, [idOf(shop, 'a')])).toBe('UPDATE 1')
    })
    expect(await namesOf(route(shop))).toEqual(['b', 'a'])
    expect((await route(shop)).at(-1)).toBe(`a: ${SHUT}`)
    expect(await namesOf(route(shop, { at: '2026-11-24T09:00:14.999Z' }))).toEqual(['b', 'a'])
    expect(await namesOf(route(shop, { at: '2026-11-24T09:00:15Z' }))).toEqual(['a', 'b'])
  })

  test('is not the merchant’s own role’s to open or close', async () => {
    const shop = await newShop('a')
    await health(shop, 'a', { open_until: FUTURE })
    await api.rehearse(async () => {
      await enter(api, shop.merchant)
      for (const assignment of ['open_until = null', 'failures = 0', `last_failure = ''`]) {
        expect(await api.attempt(`update connection_health set ${assignment}`), assignment).toBe('42501')
      }
    })
  })
})

describe('another merchant’s, and the other mode’s', () => {
  test('rules and connections never count', async () => {
    const shop = await newShop('mine')
    const bem = await newMerchant(database, 'bem')
    await settle(owner, bem, 'test')
    await settle(owner, bem, 'live')
    await settle(owner, shop.merchant, 'live')
    expect(await route(shop)).toEqual([`mine: ${FIRST}`])
  })

  test('are nothing that the API could ask for', async () => {
    const shop = await newShop('mine')
    const bem = await newShop('theirs')
    await rule(bem, {}, ['theirs'])
    await api.rehearse(async () => {
      await enter(api, shop.merchant)
      const ask = (merchantId: string, mode: string) =>
        api.rows(ROUTE, [merchantId, mode, 1_000, 'NGN', null, null, ['paystack'], [], 0.5])
      expect(await ask(shop.merchant.merchantId, 'test')).toHaveLength(1)
      expect(await ask(bem.merchant.merchantId, 'test')).toEqual([])
      expect(await ask(shop.merchant.merchantId, 'live')).toEqual([])
    })
  })
})

describe('rules', () => {
  const LARGEST = 2n ** 53n - 1n
  const ofNaira = { currencies: ['NGN'] }

  test.each([
    { row: { amount_min: 1 }, outcome: '23514 routing_rules_amounts_of_a_currency' },
    { row: { amount_max: 1 }, outcome: '23514 routing_rules_amounts_of_a_currency' },
    { row: { amount_min: 1, currencies: ['NGN', 'GHS'] }, outcome: '23514 routing_rules_amounts_of_a_currency' },
    { row: { ...ofNaira, amount_min: 1 }, outcome: 'INSERT 1' },
    { row: { ...ofNaira, amount_min: 0, amount_max: LARGEST }, outcome: 'INSERT 1' },
    { row: { ...ofNaira, amount_min: 7, amount_max: 7 }, outcome: 'INSERT 1' },
    { row: { ...ofNaira, amount_min: 8, amount_max: 7 }, outcome: '23514 routing_rules_check' },
    { row: { ...ofNaira, amount_min: -1 }, outcome: '23514 routing_rules_amount_min_check' },
    { row: { ...ofNaira, amount_max: LARGEST + 1n }, outcome: '23514 routing_rules_amount_max_check' },
    { row: { position: 0 }, outcome: '23514 routing_rules_position_check' },
    { row: { position: 101 }, outcome: '23514 routing_rules_position_check' },
    { row: { name: '' }, outcome: '23514 routing_rules_name_check' },
    { row: { strategy: 'cheapest' }, outcome: '23514 routing_rules_strategy_check' },
    { row: { currencies: ['N'.repeat(1_001)] }, outcome: '23514 routing_rules_currencies_check' },
    { row: { countries: ['N'.repeat(1_001)] }, outcome: '23514 routing_rules_countries_check' },
    { row: { methods: ['n'.repeat(1_001)] }, outcome: '23514 routing_rules_methods_check' },
    { row: { methods: Array.from({ length: 21 }, () => 'card') }, outcome: '23514 routing_rules_methods_check' },
  ])('are held to what they may say: $row is $outcome', async ({ row, outcome }) => {
    const { merchant } = await newShop()
    await api.rehearse(async () => {
      await enter(api, merchant, { action: 'routing_rules.replaced' })
      const rule = { ...newRule({ merchant, mode: 'test' }), ...row }
      expect(await api.attempt(...insertion('routing_rules', rule))).toBe(outcome)
    })
  })

  test('that live have a position each; one that is retired frees its own', async () => {
    const { merchant } = await newShop()
    const add = (position: number) =>
      api.attempt(...insertion('routing_rules', { ...newRule({ merchant, mode: 'test' }), position }))
    await api.rehearse(async () => {
      await enter(api, merchant, { action: 'routing_rules.replaced' })
      expect(await add(1)).toBe('INSERT 1')
      expect(await add(1)).toBe('23505 routing_rules_positions')
      expect(await add(2)).toBe('INSERT 1')
      expect(await api.attempt('update routing_rules set retired_at = app.now()')).toBe('UPDATE 2')
      expect(await add(1)).toBe('INSERT 1')
    })
    for (const mode of ['test', 'live'] as const) {
      const other = { merchant: mode === 'test' ? (await newShop()).merchant : merchant, mode }
      await api.rehearse(async () => {
        await enter(api, other.merchant, { mode, action: 'routing_rules.replaced' })
        expect(await api.attempt(...insertion('routing_rules', { ...newRule(other), position: 1 }))).toBe('INSERT 1')
      })
    }
  })

  test('stay as they were made: they are replaced, not edited, and by their merchant alone', async () => {
    const shop = await newShop('a')
    await rule(shop, {}, ['a'])
    await api.rehearse(async () => {
      await enter(api, shop.merchant)
      for (const assignment of [`name = 'x'`, 'position = 2', `currencies = '{USD}'`, `strategy = 'weight'`]) {
        expect(await api.attempt(`update routing_rules set ${assignment}`), assignment).toBe('42501')
      }
      expect(await api.attempt('update routing_rule_targets set weight = 2')).toBe('42501')
      expect(await api.attempt('delete from routing_rule_targets')).toBe('42501')
    })
    await worker.rehearse(async () => {
      await enterWorker(worker)
      const made = newRule({ merchant: shop.merchant, mode: 'test' })
      expect(await worker.attempt(...insertion('routing_rules', made))).toBe('42501')
      expect(await worker.attempt('update routing_rules set retired_at = app.now()')).toBe('42501')
    })
  })

  test('name connections of their own merchant and mode alone, each once, with a weight', async () => {
    const shop = await newShop('a', 'b')
    const { merchant } = shop
    const bem = await newMerchant(database, 'bem-of-the-targets')
    const theirs = await settle(owner, bem, 'test')
    const live = await settle(owner, merchant, 'live')
    const ruleId = await rule(shop, {}, ['a'])
    const target = (row: Row) => ({
      rule_id: ruleId,
      merchant_id: merchant.merchantId,
      mode: 'test',
      place: 2,
      connection_id: idOf(shop, 'b'),
      ...row,
    })
    await api.rehearse(async () => {
      await enter(api, merchant)
      for (const { row, outcome } of [
        { row: { connection_id: theirs.connectionId }, outcome: /^23503 / },
        { row: { connection_id: live.connectionId }, outcome: /^23503 / },
        { row: { connection_id: nextId('con') }, outcome: /^23503 / },
        { row: { rule_id: theirs.ruleId }, outcome: /^23503 / },
        { row: { rule_id: live.ruleId }, outcome: /^23503 / },
        { row: { connection_id: idOf(shop, 'a') }, outcome: /^23505 routing_rule_targets_once$/ },
        { row: { place: 1 }, outcome: /^23505 routing_rule_targets_pkey$/ },
        { row: { place: 0 }, outcome: /^23514 routing_rule_targets_place_check$/ },
        { row: { weight: 0 }, outcome: /^23514 routing_rule_targets_weight_check$/ },
        { row: { weight: 1_001 }, outcome: /^23514 routing_rule_targets_weight_check$/ },
        { row: { weight: 1_000 }, outcome: /^INSERT 1$/ },
      ]) {
        expect(await api.attempt(...insertion('routing_rule_targets', target(row))), JSON.stringify(row)).toMatch(
          outcome,
        )
      }
    })
  })
})
