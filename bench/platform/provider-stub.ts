/**
 * A provider that says yes to everything, in Paystack's words and at once, and a merchant's server that takes everything.
 * What it answers follows from what it is asked, so that it keeps nothing.
 */
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The order that every payment of the benchmarks is for. */
export const ORDER = { amount: 150_000, currency: 'NGN', customer: { email: 'ada@customer.test', name: 'Ada Obi' } }

/** The payment's number at the provider: the reference's last six digits, which name the item. */
export const providerNumber = (item: string): string => `7000${item}`

/** @returns undefined for an address that nobody has */
export function answerAsProvider({ method, url = '' }: IncomingMessage, body: string): object | string | undefined {
  const path = url.replace(/^\/paystack/, '')
  if (method === 'POST' && path === '/transaction/initialize') {
    const { reference } = JSON.parse(body)
    return done({
      authorization_url: `https://checkout.paystack.com/${reference}`,
      access_code: reference,
      reference,
    })
  }
  if (method === 'POST' && path === '/refund') return done(refundOf(JSON.parse(body)))
  const [, reference] = /^\/transaction\/verify\/([\w-]+)$/.exec(path) ?? []
  if (method === 'GET' && reference !== undefined) return done(paymentOf(reference))
  return method === 'POST' && url.startsWith('/receiver/') ? 'ok' : undefined
}

const done = (data: object) => ({ status: true, message: 'Done', data })

/** As it is after it was paid: in an answer, and in a webhook. */
export function paymentOf(reference: string): object {
  return {
    id: Number(providerNumber(reference.slice(-6).replaceAll(/\D/g, '1'))),
    domain: 'test',
    status: 'success',
    reference,
    amount: ORDER.amount,
    requested_amount: ORDER.amount,
    fees: 2_250,
    currency: ORDER.currency,
    gateway_response: 'Successful',
    message: null,
    channel: 'card',
    paid_at: '2026-11-24T09:00:00.000Z',
    customer: { email: ORDER.customer.email },
  }
}

function refundOf({ transaction, amount, currency, merchant_note }: Record<string, string | number>): object {
  return {
    id: Number(`8000${String(transaction).slice(-6).replaceAll(/\D/g, '1')}`),
    transaction: paymentOf(String(transaction)),
    amount,
    currency,
    status: 'processed',
    merchant_note,
  }
}

/** Its webhook about a payment, signed as Paystack signs. */
export function webhookPost(secretKey: string, reference: string): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ event: 'charge.success', data: paymentOf(reference) })
  const signature = createHmac('sha512', secretKey).update(body).digest('hex')
  return { headers: { 'content-type': 'application/json', 'x-paystack-signature': signature }, body }
}
