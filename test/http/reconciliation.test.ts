/** `/api/v1/reconciliation/`: runs that are asked for, what they found, and who may read it. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { DRIFT_CAUSES, DRIFT_STATUSES } from '../../src/domain/drift.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { DriftSchema, ReconciliationRunSchema } from '../../src/http/routes/reconciliation.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import { reconcile } from '../../src/operations/upkeep/reconcile.ts'
import { type Connected, connect, newMerchantWithTwo, referenceOf, startAt } from '../support/connections.ts'
import { deliverProviderWebhooks, ORDER } from '../support/paystack.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('reconciliation_http')
const RUNS = '/api/v1/reconciliation/runs/'
const DRIFTS = '/api/v1/reconciliation/drifts/'
const UNKNOWN = { run: 'rec_01kav3q2m8x4c5d6e7f8g9h0jk', connection: 'con_01kav3q2m8x4c5d6e7f8g9h0jk' }

const start = (merchant: Merchant, connectionId: string, headers?: Record<string, string>) =>
  merchant.api.post(RUNS, { connection_id: connectionId }, headers)

const asJson = (at: number) => new Date(at).toISOString()
const idsIn = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id)

/** The ids of each page, to the last. */
async function idsOfPages(merchant: Merchant, path: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  for (let cursor: string | null = ''; cursor !== null && pages.length < 20; ) {
    const { body } = await merchant.api.get(
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor && `&cursor=${cursor}`}`,
    )
    pages.push(idsIn(body))
    cursor = body.next_cursor
  }
  return pages
}

async function newMerchant() {
  const merchant = await world.newMerchant()
  return { merchant, connection: await connect(world, merchant, 1) }
}

describe('a run', () => {
  test('is started over the last day, in one round trip, and is at work', async () => {
    const { merchant, connection } = await newMerchant()
    world.jobs.splice(0)
    const { result, roundTrips } = await world.countRoundTrips(() => start(merchant, connection.id))
    const now = world.clock.now().getTime()
    expect(result.status).toBe(202)
    expect(ReconciliationRunSchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toEqual({
      id: result.body.id,
      object: 'reconciliation_run',
      mode: 'test',
      connection_id: connection.id,
      provider: 'paystack',
      status: 'running',
      range_from: asJson(now - LIMITS.reconcileOverlapSeconds * 1000),
      range_to: asJson(now),
      failure: null,
      pages: 0,
      payments_listed: 0,
      payments_foreign: 0,
      events_unmatched: 0,
      drifts_found: 0,
      started_at: asJson(now),
      finished_at: null,
    })
    expect(roundTrips).toBe(1)
    expect(world.jobs.splice(0)).toEqual([{ kind: 'reconcile' }])
  })

  test('is walked to its end by whoever takes it up', async () => {
    const { merchant, connection } = await newMerchant()
    connection.driver.chargeElsewhere(connection.account, 20_000, 'NGN')
    const { body } = await start(merchant, connection.id)
    await reconcile(world.deps)
    expect((await merchant.api.get(`${RUNS}${body.id}/`)).body).toEqual({
      ...body,
      status: 'completed',
      pages: 2,
      payments_listed: 1,
      payments_foreign: 1,
      finished_at: world.clock.now().toISOString(),
    })
  })

  test('is refused while another one of the connection is at work, and may follow it', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    expect((await start(merchant, first.id)).status).toBe(202)
    const refused = { status: 409, body: { code: 'reconciliation_running' } }
    expect(await start(merchant, first.id)).toMatchObject(refused)
    expect((await start(merchant, second.id)).status).toBe(202)
    await reconcile(world.deps)
    world.clock.advance(1)
    expect((await start(merchant, first.id)).status).toBe(202)
    expect((await merchant.api.get(RUNS)).body.data).toHaveLength(3)
  })

  test('that is asked for by many at once is one', async () => {
    const { merchant, connection } = await newMerchant()
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => start(merchant, connection.id)))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409])
    expect((await merchant.api.get(RUNS)).body.data).toHaveLength(1)
  })

  test('asked for again with the same Idempotency-Key is the same one', async () => {
    const { merchant, connection } = await newMerchant()
    const headers = { 'idempotency-key': 'run-1' }
    const first = await start(merchant, connection.id, headers)
    await reconcile(world.deps)
    const again = await world.countRoundTrips(() => start(merchant, connection.id, headers))
    expect(again).toMatchObject({ roundTrips: 1, result: { status: 202, body: first.body } })
    expect(again.result.headers.get('idempotent-replayed')).toBe('true')
    const other = await connect(world, merchant, 2)
    expect(await start(merchant, other.id, headers)).toMatchObject({ body: { code: 'idempotency_key_reused' } })
    expect((await merchant.api.get(RUNS)).body.data).toHaveLength(1)
  })

  test('is audited with whoever asked for it', async () => {
    const { merchant, connection } = await newMerchant()
    const from = { 'cf-connecting-ip': '198.51.100.9', 'user-agent': 'kora/1.0' }
    const { body } = await start(merchant, connection.id, from)
    const audit = await merchant.api.get('/api/v1/audit-logs/?action=reconciliation_run.started')
    expect(audit.body.data).toMatchObject([
      { actor_id: merchant.apiKeyId, object_id: body.id, ip_address: '198.51.100.9', user_agent: 'kora/1.0' },
    ])
  })

  test('of a connection that is not there, is another’s, or of the other mode is refused, and none is made', async () => {
    const { merchant, connection } = await newMerchant()
    const stranger = await world.newMerchant()
    const live = { ...merchant, api: caller(world.app, merchant.accessToken, 'live') }
    const count = () => world.query(sql`select count(*) from reconciliation_runs`)
    const before = await count()
    const notFound = { status: 404, body: { code: 'connection_not_found' } }
    expect(await start(merchant, UNKNOWN.connection)).toMatchObject(notFound)
    expect(await start(stranger, connection.id)).toMatchObject(notFound)
    expect(await start(live, connection.id)).toMatchObject(notFound)
    expect(await count()).toEqual(before)
  })

  test('is started with transactions:write, and read with transactions:read', async () => {
    const { merchant, connection } = await newMerchant()
    const keyWith = async (scope: string) => {
      const { body } = await merchant.person.post('/api/v1/api-keys/', { name: 'narrow', scopes: [scope] })
      return { ...merchant, api: caller(world.app, String(body.key)) }
    }
    const reader = await keyWith('transactions:read')
    const writer = await keyWith('transactions:write')
    const missing = { status: 403, body: { code: 'scope_missing' } }
    expect(await start(reader, connection.id)).toMatchObject(missing)
    const { status, body } = await start(writer, connection.id)
    expect(status).toBe(202)
    for (const path of [RUNS, DRIFTS, `${RUNS}${body.id}/`, `${RUNS}${body.id}/drifts/`]) {
      expect((await reader.api.get(path)).status).toBe(200)
      expect(await writer.api.get(path)).toMatchObject(missing)
    }
  })

  test.each([
    ['no connection', {}, 'connection_id'],
    ['an id of another kind', { connection_id: UNKNOWN.run }, 'connection_id'],
    ['a range of its own', { connection_id: UNKNOWN.connection, range_from: '2026-11-24T09:00:00Z' }, 'range_from'],
  ])('with %s is refused with its field, without asking the database', async (_what, body, field) => {
    const { merchant } = await newMerchant()
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.post(RUNS, body))
    expect(result).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ field }] } })
    expect(roundTrips).toBe(0)
  })
})

describe('reading', () => {
  let merchant: Merchant
  /** A payment that was paid unheard, at the first connection, where money went back for another one. */
  let unheard: string
  /** Runs of the first connection, of the second, and of the first again. */
  const runs: string[] = []
  let first: Connected
  let second: Connected

  /** A paid charge with a reference as we make them, which we did not make. */
  const chargeUnderOurForm = ({ account }: Connected, reference: string) =>
    world.paystack.control.chargeElsewhere({
      account: String(account.credentials.secret_key),
      amount: 20_000,
      reference,
    })

  async function run(connection: Connected): Promise<void> {
    const { status, body } = await start(merchant, connection.id)
    expect(status).toBe(202)
    await reconcile(world.deps)
    runs.push(String(body.id))
    world.clock.advance(1_000)
  }

  beforeAll(async () => {
    const made = await newMerchantWithTwo(world)
    merchant = made.merchant
    first = made.first
    second = made.second
    const refunded = await startAt(merchant)
    first.driver.pay(await referenceOf(world, refunded))
    await deliverProviderWebhooks(world)
    first.driver.webhookAccident(first.account, { kind: 'lost' })
    first.driver.refundOnDashboard(await referenceOf(world, refunded), ORDER.amount)
    unheard = await startAt(merchant)
    first.driver.pay(await referenceOf(world, unheard))
    chargeUnderOurForm(first, 'pb-01kav3q2m8x4c5d6e7f8g9h0jk')
    chargeUnderOurForm(second, 'pb-01kav3q2m8x4c5d6e7f8g9h0jm')
    for (const connection of [first, second, first]) await run(connection)
  })

  const causesIn = (body: { data: { cause: string }[] }) => body.data.map(({ cause }) => cause).sort()

  describe('runs', () => {
    test('all of them, or one, is one round trip, the newest first', async () => {
      const list = await world.countRoundTrips(() => merchant.api.get(RUNS))
      expect(list.roundTrips).toBe(1)
      expect(ListSchema(ReconciliationRunSchema.strict()).parse(list.result.body)).toEqual(list.result.body)
      expect(idsIn(list.result.body)).toEqual([...runs].reverse())
      for (const row of list.result.body.data) {
        const one = await world.countRoundTrips(() => merchant.api.get(`${RUNS}${row.id}/`))
        expect(one).toMatchObject({ roundTrips: 1, result: { status: 200 } })
        expect(one.result.body).toEqual(row)
      }
      expect((await merchant.person.get(RUNS)).body).toEqual(list.result.body)
    })

    test('of one connection', async () => {
      const ofConnection = async (id: string) => idsIn((await merchant.api.get(`${RUNS}?connection_id=${id}`)).body)
      expect(await ofConnection(first.id)).toEqual([runs[2], runs[0]])
      expect(await ofConnection(second.id)).toEqual([runs[1]])
      expect(await ofConnection(UNKNOWN.connection)).toEqual([])
    })

    test('in pages that join without a gap or a repeat', async () => {
      expect(await idsOfPages(merchant, RUNS, 2)).toEqual([[runs[2], runs[1]], [runs[0]]])
      expect(await idsOfPages(merchant, `${RUNS}?connection_id=${first.id}`, 1)).toEqual([[runs[2]], [runs[0]]])
    })

    test.each([
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      [`cursor=${UNKNOWN.connection}`, 'cursor'],
      ['connection_id=paystack', 'connection_id'],
      ['status=running', 'status'],
    ])('with ?%s is refused', async (query, field) => {
      expect(await merchant.api.get(`${RUNS}?${query}`)).toMatchObject({ status: 422, body: { errors: [{ field }] } })
    })
  })

  describe('drifts', () => {
    test('all of them is one round trip, the newest first, each with both sides', async () => {
      const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.get(DRIFTS))
      expect(roundTrips).toBe(1)
      const { body } = result
      expect(ListSchema(DriftSchema.strict()).parse(body)).toEqual(body)
      expect(causesIn(body)).toEqual([
        'paid_there_not_here',
        'refunded_there',
        'unknown_reference',
        'unknown_reference',
      ])
      const times = body.data.map(({ found_at }: { found_at: string }) => found_at)
      expect(times).toEqual([...times].sort().reverse())
      const paid = body.data.find(({ cause }: { cause: string }) => cause === 'paid_there_not_here')
      expect(paid).toMatchObject({
        object: 'drift',
        mode: 'test',
        run_id: runs[0],
        connection_id: first.id,
        transaction_id: unheard,
        ours: { status: 'pending', amount: ORDER.amount, currency: 'NGN', amount_refunded: 0 },
        theirs: { status: 'paid', amount: ORDER.amount, currency: 'NGN' },
        status: 'corrected',
      })
    })

    test.each(DRIFT_CAUSES)('by the cause %s', async (cause) => {
      const all = (await merchant.api.get(DRIFTS)).body.data
      const { body } = await merchant.api.get(`${DRIFTS}?cause=${cause}`)
      expect(body.data).toEqual(all.filter((drift: { cause: string }) => drift.cause === cause))
    })

    test.each(DRIFT_STATUSES)('by the status %s', async (status) => {
      const all = (await merchant.api.get(DRIFTS)).body.data
      const { body } = await merchant.api.get(`${DRIFTS}?status=${status}`)
      expect(body.data).toEqual(all.filter((drift: { status: string }) => drift.status === status))
      expect(body.data).toHaveLength(2)
    })

    test('of a run are those that it found first, in one round trip', async () => {
      const of = (id: string | undefined, query = '') => merchant.api.get(`${RUNS}${id}/drifts/${query}`)
      const { result, roundTrips } = await world.countRoundTrips(() => of(runs[0]))
      expect(roundTrips).toBe(1)
      expect(ListSchema(DriftSchema.strict()).parse(result.body)).toEqual(result.body)
      expect(causesIn(result.body)).toEqual(['paid_there_not_here', 'refunded_there', 'unknown_reference'])
      expect(causesIn((await of(runs[0], '?status=open')).body)).toEqual(['unknown_reference'])
      expect(causesIn((await of(runs[0], '?cause=refunded_there&status=corrected')).body)).toEqual(['refunded_there'])
      expect(causesIn((await of(runs[1])).body)).toEqual(['unknown_reference'])
      // What is open still was found before.
      expect((await of(runs[2])).body).toEqual({ object: 'list', data: [], next_cursor: null })
    })

    test('in pages that join without a gap or a repeat', async () => {
      const all = idsIn((await merchant.api.get(DRIFTS)).body)
      expect(await idsOfPages(merchant, DRIFTS, 3)).toEqual([all.slice(0, 3), all.slice(3)])
      const open = idsIn((await merchant.api.get(`${DRIFTS}?status=open`)).body)
      expect(await idsOfPages(merchant, `${DRIFTS}?status=open`, 1)).toEqual(open.map((id) => [id]))
      const ofRun = idsIn((await merchant.api.get(`${RUNS}${runs[0]}/drifts/`)).body)
      expect((await idsOfPages(merchant, `${RUNS}${runs[0]}/drifts/`, 2)).flat()).toEqual(ofRun)
    })

    test.each([
      ['limit=0', 'limit'],
      [`cursor=${UNKNOWN.run}`, 'cursor'],
      ['cause=lost', 'cause'],
      ['status=mended', 'status'],
      ['run_id=1', 'run_id'],
    ])('with ?%s is refused', async (query, field) => {
      for (const path of [DRIFTS, `${RUNS}${runs[0]}/drifts/`]) {
        expect(await merchant.api.get(`${path}?${query}`)).toMatchObject({ status: 422, body: { errors: [{ field }] } })
      }
    })
  })

  test('what is another’s, or of the other mode, is as reading what is not there', async () => {
    const stranger = await world.newMerchant()
    const live = caller(world.app, merchant.accessToken, 'live')
    const notFound = { status: 404, body: { code: 'reconciliation_run_not_found' } }
    for (const api of [stranger.api, live]) {
      expect((await api.get(RUNS)).body.data).toEqual([])
      expect((await api.get(`${RUNS}?connection_id=${first.id}`)).body.data).toEqual([])
      expect((await api.get(DRIFTS)).body.data).toEqual([])
      expect(await api.get(`${RUNS}${runs[0]}/`)).toMatchObject(notFound)
      expect(await api.get(`${RUNS}${runs[0]}/drifts/`)).toMatchObject(notFound)
    }
    expect(await merchant.api.get(`${RUNS}${UNKNOWN.run}/`)).toMatchObject(notFound)
    expect(await merchant.api.get(`${RUNS}${UNKNOWN.run}/drifts/`)).toMatchObject(notFound)
    expect(await merchant.api.get(`${RUNS}nonsense/`)).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'id' }] },
    })
  })
})
