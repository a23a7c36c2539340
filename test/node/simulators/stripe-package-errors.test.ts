/** The official client tells every refusal by its class. */
import Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorOf, intentIdOf, order, type ServedStripe, serveStripe } from './stripe-client.ts'

let served: ServedStripe
beforeAll(async () => {
  served = await serveStripe()
})
afterAll(() => served.server.close())

describe('errors', () => {
  const { errors } = Stripe
  const twice = async () => {
    await served.stripe.checkout.sessions.create(order('judge-9'), { idempotencyKey: 'key-9' })
    return served.stripe.checkout.sessions.create(order('judge-10'), { idempotencyKey: 'key-9' })
  }
  const overRefunded = async () => {
    const payment_intent = intentIdOf(await served.paid('judge-11'))
    return served.stripe.refunds.create({ payment_intent, amount: 3501 })
  }
  const limited = () => {
    served.control.setFault({ kind: 'rate_limited', resetSeconds: 1, operation: 'get_balance', times: 1 })
    return served.stripe.balance.retrieve()
  }
  const garbled = () => {
    served.control.setFault({ kind: 'malformed_json', operation: 'get_balance', times: 1 })
    return served.stripe.balance.retrieve()
  }
  const failedQuietly = () => {
    served.control.setFault({ kind: 'status_false', when: 'before', operation: 'get_balance', times: 1 })
    return served.stripe.balance.retrieve()
  }

  test.each([
    {
      name: 'an unknown id',
      call: () => served.stripe.paymentIntents.retrieve('pi_nobody'),
      type: errors.StripeInvalidRequestError,
      says: { statusCode: 404, code: 'resource_missing', param: 'intent' },
    },
    {
      name: 'a refund of more than was paid',
      call: overRefunded,
      type: errors.StripeInvalidRequestError,
      says: { param: 'amount', code: undefined },
    },
    {
      name: 'a bad key',
      call: () => served.clientWith('pk_test_esi_crafts').balance.retrieve(),
      type: errors.StripeAuthenticationError,
      says: { statusCode: 401 },
    },
    { name: 'a key of another call', call: twice, type: errors.StripeIdempotencyError, says: { statusCode: 400 } },
    { name: 'a limiter', call: limited, type: errors.StripeRateLimitError, says: { statusCode: 429 } },
    { name: 'half an answer', call: garbled, type: errors.StripeAPIError, says: { rawType: undefined } },
    { name: 'an error with status 200', call: failedQuietly, type: errors.StripeAPIError, says: { statusCode: 200 } },
  ])('$name is told by its class', async ({ call, type, says }) => {
    const error = await errorOf(call())
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ requestId: expect.stringMatching(/^req_/), ...says })
  })

  test('a cut connection is tried once more by the client, with the same key, and nothing is made twice', async () => {
    served.control.setFault({
      kind: 'cut',
      when: 'after',
      how: 'reset',
      operation: 'create_session',
      times: 1,
    })
    const session = await served.stripe.checkout.sessions.create(order('judge-12'), { idempotencyKey: 'key-12' })
    expect(session.lastResponse.headers['idempotent-replayed']).toBe('true')
  })
})
