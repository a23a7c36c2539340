/** The outbox and an endpoint that goes away at the same moment: whoever is first, nothing stays pending for it. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { enter, enterWorker, insert, newMerchant, openDatabase, pidOf, waitsForLock } from './actors.ts'
import { newEndpoint, newTransaction, settle } from './rows.ts'

const database = await openDatabase('t_sql_outbox')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const { connectionId } = await settle(owner, ada, 'test')
const tenant = { merchant: ada, mode: 'test', connectionId } as const

let endpointId: unknown
let transactionId: unknown

beforeEach(async () => {
  const endpoint = newEndpoint(tenant)
  const transaction = newTransaction(tenant)
  await insert(owner, 'webhook_endpoints', endpoint)
  await insert(owner, 'transactions', transaction)
  endpointId = endpoint.id
  transactionId = transaction.id
})

const remove = () => api.rows('update webhook_endpoints set deleted_at = app.now() where id = $1', [endpointId])
const disable = () => api.rows(`update webhook_endpoints set status = 'disabled' where id = $1`, [endpointId])
const makeEvent = () => worker.rows(`update transactions set status = 'processing' where id = $1`, [transactionId])

/** What the outbox holds for the endpoint: the types of the events, with what became of their deliveries. */
const outbox = async () =>
  (
    await owner.rows(
      `select e.type || ' ' || d.status as told from deliveries d join events e on e.id = d.event_id
       where d.endpoint_id = $1 order by e.number`,
      [endpointId],
    )
  ).map(({ told }) => told)

describe.each([
  ['removed', remove],
  ['disabled', disable],
])('an endpoint that is %s', (_how, goAway) => {
  const change = { scope: 'webhooks:write', action: 'webhook_endpoint.changed' }

  test('while an event is being written drops that event’s delivery too', async () => {
    const pid = await pidOf(api)
    let gone: Promise<unknown> = Promise.resolve()
    await worker.transact(async () => {
      await enterWorker(worker)
      await makeEvent()
      gone = api.transact(async () => {
        await enter(api, ada, change)
        await goAway()
      })
      await waitsForLock(owner, pid, gone)
    })
    await gone
    expect(await outbox()).toEqual(['payment.created dropped', 'payment.processing dropped'])
  })

  test('before an event is written is not written to', async () => {
    const pid = await pidOf(worker)
    let written: Promise<unknown> = Promise.resolve()
    await api.transact(async () => {
      await enter(api, ada, change)
      await goAway()
      written = worker.transact(async () => {
        await enterWorker(worker)
        await makeEvent()
      })
      await waitsForLock(owner, pid, written)
    })
    await written
    expect(await outbox()).toEqual(['payment.created dropped'])
  })
})

test('the role that fills the outbox can lock an endpoint, and change none', async () => {
  await owner.rehearse(async () => {
    await owner.rows('set local role paybridge_gate')
    expect(await owner.attempt('select id from webhook_endpoints where id = $1 for share', [endpointId])).toBe(
      'SELECT 1',
    )
    const touch = 'update webhook_endpoints set updated_at = now() where id = $1'
    expect(await owner.attempt(touch, [endpointId])).toMatch(/^42501/)
  })
})
