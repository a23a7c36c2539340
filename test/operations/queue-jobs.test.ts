/** What the queue carries is hurried along: each kind of job does its work, and one that fails comes again. */

import { createExecutionContext, createMessageBatch, env, getQueueResult } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import type { Job } from '../../src/operations/deps.ts'
import { begin } from '../../src/platform/deps.ts'
import { consume } from '../../src/platform/queues.ts'
import {
  attemptsOf,
  connect,
  idOf,
  initiate,
  newMerchantWithTwo,
  referenceOf,
  refund,
  refundsThere,
  startAt,
  startPaid,
  watchCalls,
} from '../support/connections.ts'
import { look } from '../support/paystack.ts'
import { bridgeEndpoint, databaseUrl } from '../support/provided.ts'
import { createWorld, SEALING_KEYS, TOKEN_KEYS } from '../support/world.ts'

const world = await createWorld('queue_jobs')

const SETTINGS = {
  ENVIRONMENT: 'local',
  DATABASE_URL: databaseUrl('paybridge_api', 't_queue_jobs'),
  WORKER_DATABASE_URL: databaseUrl('paybridge_worker', 't_queue_jobs'),
  SEALING_KEYS,
  TOKEN_KEYS,
  LOCAL_DATABASE_ENDPOINT: bridgeEndpoint(),
}

/** Waits as long as the nudges say, and then works through them as the consumer does. */
async function workThrough(jobs: readonly Job[]) {
  const delays = jobs.map((job) => ('delaySeconds' in job ? job.delaySeconds : 0))
  world.clock.advance(Math.max(0, ...delays) * 1000)
  const messages = jobs.map((body, index) => ({ id: `m${index}`, timestamp: world.clock.now(), attempts: 1, body }))
  const batch = createMessageBatch('paybridge-provider-events', messages)
  await consume(world.deps, batch)
  return getQueueResult(batch, createExecutionContext())
}

describe('follow_up', () => {
  test('is nudged where the provider gave no clear answer, for when its call can’t be under way any more', async () => {
    const merchant = await world.newMerchant()
    const { driver, account } = await connect(world, merchant, 1)
    driver.accident(account, { kind: 'down', operation: 'create_checkout', times: 1 })
    world.jobs.splice(0)
    const id = idOf(await initiate(merchant), 202)
    const jobs = world.jobs.splice(0)
    expect(jobs).toEqual([{ kind: 'follow_up', transactionId: id, delaySeconds: 60 }])

    expect(await workThrough(jobs)).toMatchObject({ explicitAcks: ['m0'], retryMessages: [] })
    expect(await look(world, id)).toMatchObject({ status: 'pending', attempts: ['open'] })
  })

  test('is not nudged where it did, after a failover too', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    first.driver.accident(first.account, { kind: 'down', operation: 'create_checkout', times: 1 })
    world.jobs.splice(0)
    await startAt(merchant)
    expect(world.jobs).toEqual([])
  })

  test('settles a payment that was paid', async () => {
    const merchant = await world.newMerchant()
    const { driver } = await connect(world, merchant, 1)
    const id = await startAt(merchant)
    driver.pay(await referenceOf(world, id))
    await workThrough([{ kind: 'follow_up', transactionId: id, delaySeconds: 0 }])
    expect((await look(world, id)).status).toBe('succeeded')
  })

  test('comes again where the database was not reached', async () => {
    const merchant = await world.newMerchant()
    await connect(world, merchant, 1)
    const id = await startAt(merchant)
    const job = { kind: 'follow_up', transactionId: id, delaySeconds: 0 } as const
    const result = await world.crashAfter(0, () => workThrough([job]))
    expect(result).toMatchObject({ explicitAcks: [], retryMessages: [{ msgId: 'm0' }] })
    expect(await attemptsOf(world, id)).toMatchObject([{ status: 'open' }])
  })

  test('about nothing that is here is done with', async () => {
    const transactionId = 'txn_01kav3q2m8x4c5d6e7f8g9h0jk'
    const result = await workThrough([
      { kind: 'follow_up', transactionId, delaySeconds: 0 },
      { kind: 'follow_up_refunds', transactionId, delaySeconds: 0 },
    ])
    expect(result).toMatchObject({ explicitAcks: ['m0', 'm1'], retryMessages: [] })
  })
})

describe('follow_up_refunds', () => {
  test('is nudged where the provider gave no clear answer, and finds the refund there', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const { driver, account } = connection
    driver.accident(account, { kind: 'cut', when: 'after', how: 'reset', operation: 'create_refund', times: 1 })
    world.jobs.splice(0)
    idOf(await refund(merchant, id), 202)
    const jobs = world.jobs.splice(0)
    expect(jobs).toEqual([{ kind: 'follow_up_refunds', transactionId: id, delaySeconds: 60 }])

    const calls = watchCalls(world, connection)
    expect(await workThrough(jobs)).toMatchObject({ explicitAcks: ['m0'], retryMessages: [] })
    expect(calls).toEqual(['GET /refund'])
    const { body } = await merchant.api.get(`/api/v1/transactions/${id}/refunds/`)
    const [there] = refundsThere(connection, reference)
    expect(body.data).toMatchObject([{ status: 'pending', provider_refund_id: there?.id, failure_code: null }])
  })

  test('is not nudged where it did', async () => {
    const { merchant, id } = await startPaid(world)
    world.jobs.splice(0)
    idOf(await refund(merchant, id), 201)
    expect(world.jobs).toEqual([])
  })
})

test('the queue is told how long to hold a job back', async () => {
  const sent: unknown[] = []
  const queue: Pick<Queue, 'send'> = {
    async send(job, options) {
      sent.push({ job, options })
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
    },
  }
  const queues = { PROVIDER_EVENTS: { ...env.PROVIDER_EVENTS, ...queue }, DELIVERIES: { ...env.DELIVERIES, ...queue } }
  const { deps } = begin({ ...env, ...SETTINGS, ...queues }, createExecutionContext())
  const later = { kind: 'follow_up', transactionId: 'txn_01kav3q2m8x4c5d6e7f8g9h0jk', delaySeconds: 60 } as const
  const now: Job = { kind: 'deliver', deliveryIds: [], delaySeconds: 0 }
  await deps.nudge([later, now])
  expect(sent).toEqual([
    { job: later, options: { delaySeconds: 60 } },
    { job: now, options: { delaySeconds: 0 } },
  ])
})
