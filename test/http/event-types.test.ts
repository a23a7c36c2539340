/** The catalogue of event types: complete, the same everywhere, and what is really told is what it says. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RefundCourse } from '../../local/simulators/kit/driver.ts'
import { EVENT_TYPES, type EventType } from '../../src/domain/event.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { describeEvents } from '../../src/http/event-catalogue.ts'
import { EventTypesSchema } from '../../src/http/routes/event-types.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import { deliverDue } from '../../src/operations/webhooks/deliver.ts'
import {
  connect,
  reconcileLater,
  referenceOf,
  refund,
  startAt,
  startPaid,
  TRANSACTIONS,
} from '../support/connections.ts'
import { deliverProviderWebhooks, ORDER } from '../support/paystack.ts'
import { addEndpoint, makeEvent, newToldMerchant, WEBHOOKS } from '../support/webhooks.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('event_types')
const visitor = caller(world.app, undefined)
const DAY = 86_400_000

const listed = EventTypesSchema.parse((await visitor.get(`${WEBHOOKS}event-types/`)).body).data
const schemaOf = (type: EventType) => {
  const found = listed.find((entry) => entry.type === type)
  if (found === undefined) throw new Error(`${type} is not listed`)
  return z.fromJSONSchema(found.schema)
}

describe('the catalogue', () => {
  test('lists every type once, to whoever asks, without a round trip', async () => {
    expect(listed.map(({ type }) => type)).toEqual([...EVENT_TYPES])
    const asked = await world.countRoundTrips(() => visitor.get(`${WEBHOOKS}event-types/`))
    expect(asked).toMatchObject({ roundTrips: 0, result: { status: 200 } })
  })

  test.each(listed)(
    'the example of $type is what its schemas say, and has every field',
    ({ type, schema, example }) => {
      expect(z.fromJSONSchema(schema).safeParse(example)).toMatchObject({ success: true })
      const described = describeEvents().find((event) => event.type === type)
      expect(described?.schema.strict().safeParse(example)).toMatchObject({ success: true })
      expect(fieldsOf(example)).toEqual(fieldsOf(schema.properties))
      expect(fieldsOf(dataOf(example))).toEqual(fieldsOf(dataSchemaOf(schema).properties))
    },
  )

  test.each(listed)(
    'the schema of $type refuses another type, and lets fields pass that are new',
    ({ schema, example }) => {
      const parser = z.fromJSONSchema(schema)
      expect(parser.safeParse({ ...example, type: 'payment.paid' }).success).toBe(false)
      expect(parser.safeParse({ ...example, data: { ...dataOf(example), id: undefined } }).success).toBe(false)
      const grown = { ...example, new_field: 1, data: { ...dataOf(example), new_field: { deeper: true } } }
      expect(parser.safeParse(grown).success).toBe(true)
    },
  )

  test('is what the OpenAPI document has for webhooks, with its examples and headers', async () => {
    const { body } = await visitor.get('/api/schema/')
    expect(Object.keys(body.webhooks)).toEqual([...EVENT_TYPES])
    for (const { type, description, example } of listed) {
      const { post } = body.webhooks[type]
      expect(post.description).toBe(description)
      expect(post.requestBody.content['application/json'].example).toEqual(example)
      expect(post.parameters.map(({ name }: { name: string }) => name)).toEqual([
        'webhook-id',
        'webhook-timestamp',
        'webhook-signature',
      ])
    }
    expect((await visitor.get('/api/schema/')).body).toEqual(body)
  })
})

const fieldsOf = (object: unknown): string[] => Object.keys(Object(object)).sort()

const DataSchema = z.record(z.string(), z.unknown())
const dataOf = (event: object) => z.object({ data: DataSchema }).parse(event).data
const dataSchemaOf = (schema: object) =>
  z.object({ properties: z.object({ data: z.object({ properties: DataSchema }) }) }).parse(schema).properties.data

/** A payment whose page is open at an account of this provider. */
async function startOpen(provider: 'paystack' | 'stripe' = 'paystack') {
  const merchant = await world.newMerchant()
  const connection = await connect(world, merchant, 1, provider)
  const id = await startAt(merchant, provider === 'stripe' ? { ...ORDER, currency: 'USD' } : ORDER)
  return { merchant, connection, id, reference: await referenceOf(world, id) }
}

async function refundThatEnds(course: RefundCourse): Promise<Merchant> {
  const { merchant, connection, id, reference } = await startPaid(world)
  connection.driver.setRefundCourse(reference, course)
  await refund(merchant, id, { amount: 50_000 })
  for (let minute = 0; minute <= 2; minute++) {
    await deliverProviderWebhooks(world)
    world.clock.advance(60_000)
  }
  return merchant
}

async function paidUnheard(): Promise<Merchant> {
  const { merchant, connection, reference } = await startOpen()
  connection.driver.webhookAccident(connection.account, { kind: 'lost' })
  connection.driver.pay(reference)
  await reconcileLater(world)
  return merchant
}

/** How each type comes to be told, for real. */
const MAKE: Readonly<Record<EventType, () => Promise<Merchant>>> = {
  'payment.created': async () => (await startOpen()).merchant,
  async 'payment.processing'() {
    const { merchant, connection, reference } = await startOpen('stripe')
    connection.driver.beginDelayed(reference)
    await deliverProviderWebhooks(world)
    return merchant
  },
  'payment.succeeded': async () => (await startPaid(world)).merchant,
  async 'payment.failed'() {
    const { merchant, id, reference } = await startOpen()
    world.paystack.control.decline({ reference }, 'failed')
    await merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`)
    return merchant
  },
  async 'payment.expired'() {
    const { merchant } = await startOpen()
    world.clock.advance(DAY + 60_000)
    await sweep(world.deps)
    return merchant
  },
  async 'payment.cancelled'() {
    const { merchant, id } = await startOpen()
    await merchant.api.post(`${TRANSACTIONS}${id}/cancel/`)
    return merchant
  },
  async 'payment.requires_review'() {
    const { merchant, connection, reference } = await startOpen()
    connection.driver.pay(reference, { kind: 'wrong_amount', delta: -100 })
    await deliverProviderWebhooks(world)
    return merchant
  },
  async 'payment.duplicate_charge'() {
    const merchant = await world.newMerchant()
    const first = await connect(world, merchant, 1)
    const second = await connect(world, merchant, 2)
    first.driver.accident(first.account, { kind: 'cut', when: 'after', how: 'reset', times: 1 })
    const id = await startAt(merchant)
    first.driver.pay(await referenceOf(world, id, 1))
    await deliverProviderWebhooks(world)
    second.driver.pay(await referenceOf(world, id, 2))
    await deliverProviderWebhooks(world)
    return merchant
  },
  'refund.created': () => refundThatEnds('stays_pending'),
  async 'refund.pending'() {
    const merchant = await refundThatEnds('requires_action')
    // No simulator goes back by itself: the worker's own change, and the event that the database tells of it.
    await world.query(sql`update refunds set status = 'pending' where merchant_id = ${merchant.merchantId}`)
    return merchant
  },
  'refund.requires_action': () => refundThatEnds('requires_action'),
  'refund.succeeded': () => refundThatEnds('succeeds'),
  'refund.failed': () => refundThatEnds('fails'),
  'drift.found': paidUnheard,
  'drift.corrected': paidUnheard,
  async 'webhook.test'() {
    const { merchant, endpoint } = await newToldMerchant(world)
    await merchant.api.post(`${WEBHOOKS}${endpoint.id}/test/`)
    return merchant
  },
  async 'webhook.failing'() {
    const { merchant } = await newToldMerchant(world)
    world.receiver.answerWith(() => new Response('', { status: 400 }))
    for (let failure = 0; failure < LIMITS.endpointFailedAttemptsMin; failure++) await makeEvent(merchant)
    await deliverDue(world.deps)
    await world.settled()
    world.clock.advance(DAY + 60_000)
    await sweep(world.deps)
    return merchant
  },
  async 'webhook.disabled'() {
    const merchant = await world.newMerchant()
    await connect(world, merchant, 1)
    await addEndpoint(merchant, {
      description: 'The shop',
      metadata: { team: 'lagos' },
      custom_headers: { 'x-shop': '1' },
    })
    world.receiver.answerWith(() => new Response('', { status: 410 }))
    await makeEvent(merchant)
    await deliverDue(world.deps)
    await world.settled()
    return merchant
  },
}

describe('a real event', () => {
  test.each(EVENT_TYPES)(
    '%s has exactly the fields that the catalogue says, of the form that it says',
    async (type) => {
      const merchant = await MAKE[type]()
      const { body } = await merchant.api.get(`/api/v1/events/?type=${type}`)
      const [event] = body.data
      expect(event, 'it was told').toBeDefined()
      expect(schemaOf(type).safeParse(event)).toMatchObject({ success: true })
      const { example } = listed.find((entry) => entry.type === type) ?? {}
      expect(fieldsOf(event)).toEqual(fieldsOf(example))
      expect(fieldsOf(event.data)).toEqual(fieldsOf(dataOf(example ?? {})))
    },
  )
})
