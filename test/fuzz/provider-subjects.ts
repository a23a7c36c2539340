/**
 * What each provider sends, by the projects's own fixtures: webhooks, and the answers to each errand in their order. And
 * what must stand in an answer, read without the plug-in, before a payment may be taken for paid.
 */

import type {
  AttemptKnown,
  CheckoutRequest,
  Conversation,
  Credentials,
  PaidPayment,
} from '../../src/providers/contract.ts'
import { PROVIDERS, type ProviderName } from '../../src/providers/registry.ts'
import * as chapa from '../providers/chapa-fixtures.ts'
import * as flutterwave from '../providers/flutterwave-fixtures.ts'
import * as paystack from '../providers/paystack-fixtures.ts'
import * as stripe from '../providers/stripe-fixtures.ts'

export const ERRANDS = [
  'createCheckout',
  'confirm',
  'closeCheckout',
  'createRefund',
  'readRefunds',
  'listPayments',
  'listRefunds',
  'checkCredentials',
] as const
export type Errand = (typeof ERRANDS)[number]

export interface Subject {
  name: ProviderName
  credentials: Credentials
  attempt: AttemptKnown
  webhooks: readonly unknown[]
  /** The answers that bring each errand to its best end. */
  answers: Readonly<Record<Errand, readonly unknown[]>>
  /** How an answer to `confirm` says that it was paid: the last such text in each of the answers. */
  paidText: string
  /** Every word for a status that the provider's documentation lists. */
  words: readonly string[]
  /** Whether the answers say that the attempt was paid, all of it and nothing else. */
  saysPaid(answers: readonly unknown[]): boolean
}

const TIMES = { createdAt: new Date('2026-11-02T08:14:00.000Z'), expiresAt: new Date('2026-11-09T08:14:00.000Z') }

const attemptOf = (reference: string, amount: bigint, currency: AttemptKnown['currency']): AttemptKnown => ({
  reference,
  amount,
  currency,
  checkoutId: undefined,
  checkoutUrl: undefined,
  providerTransactionId: undefined,
  ...TIMES,
})

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'paystack',
    credentials: { secret_key: 'sk_test_5d7c1f93b8e2460a' },
    attempt: attemptOf(paystack.REFERENCE, 150_000n, 'NGN'),
    webhooks: Object.entries(paystack.EVENTS).map(([event, { data }]) => ({ event, data })),
    answers: {
      createCheckout: [paystack.initialized(paystack.REFERENCE)],
      confirm: [paystack.verified()],
      closeCheckout: [],
      createRefund: [paystack.refundMade()],
      readRefunds: [paystack.refundPage([paystack.REFUND_ROW], { total: 1, skipped: 0 })],
      listPayments: [paystack.transactionPage([paystack.TRANSACTION_ROW], { next: null })],
      listRefunds: [paystack.refundPage([paystack.REFUND_ROW], { total: 1, skipped: 0 })],
      checkCredentials: [paystack.BALANCE],
    },
    paidText: '"status":"success"',
    words: [
      ...['abandoned', 'ongoing', 'pending', 'processing', 'queued', 'success', 'failed'],
      ...['reversal-pending', 'reversed'],
    ],
    saysPaid: ([answer]) => {
      const { status, reference, currency, domain, amount, requested_amount, fees } = fieldsOf(fieldsOf(answer).data)
      const surplus = Number(amount) - 150_000
      return (
        [status, reference, currency, domain].join() === `success,${paystack.REFERENCE},NGN,test` &&
        Number(requested_amount ?? amount) === 150_000 &&
        (surplus === 0 || surplus === Number(fees))
      )
    },
  },
  {
    name: 'flutterwave',
    credentials: flutterwave.CREDENTIALS,
    attempt: { ...flutterwave.PAYMENT, providerTransactionId: undefined },
    webhooks: [
      { event: 'charge.completed', data: flutterwave.TRANSACTION, 'event.type': 'CARD_TRANSACTION' },
      { event: 'charge.completed', data: { ...flutterwave.TRANSACTION, status: 'failed' } },
      flutterwave.REFUND_EVENT,
      flutterwave.LEGACY_EVENT,
    ],
    answers: {
      createCheckout: [flutterwave.hosted],
      confirm: [flutterwave.verified(), flutterwave.listed([flutterwave.FAILED_ROW, flutterwave.ROW])],
      closeCheckout: [{ status: 'success', message: 'Disabled', data: null }, flutterwave.listed([])],
      createRefund: [{ status: 'success', message: 'Refunded', data: flutterwave.REFUND_MADE }],
      readRefunds: [flutterwave.listed([flutterwave.REFUND_ROW])],
      listPayments: [flutterwave.listed([flutterwave.ROW])],
      listRefunds: [flutterwave.listed([flutterwave.REFUND_ROW])],
      checkCredentials: [flutterwave.BALANCES],
    },
    paidText: '"status":"successful"',
    words: ['successful', 'failed', 'pending', 'success-pending-validation', 'cancelled', 'error'],
    saysPaid: (answers) =>
      answers
        .flatMap((answer) => [fieldsOf(answer).data].flat())
        .map(fieldsOf)
        .some(({ tx_ref, status, currency, amount, charged_amount: charged, app_fee: fee }) => {
          const surplus = Number(charged) - 1500.5
          return (
            tx_ref === flutterwave.REFERENCE &&
            String(status).toLowerCase() === 'successful' &&
            String(currency).toUpperCase() === 'NGN' &&
            Number(amount) === 1500.5 &&
            (surplus === 0 || Math.abs(surplus - Number(fee)) <= 0.01)
          )
        }),
  },
  {
    name: 'stripe',
    credentials: { secret_key: 'sk_test_8f2b6d0a4c1e9753', webhook_secret: 'whsec_Jt6nQ2mXv8rBz4Ws' },
    attempt: { ...attemptOf(stripe.REFERENCE, 7_250n, 'USD'), checkoutId: stripe.SESSION_ID },
    webhooks: Object.entries(stripe.EVENTS).map(([type, [object]]) => stripe.event(type, object)),
    answers: {
      createCheckout: [stripe.SESSION],
      confirm: [stripe.readSession()],
      closeCheckout: [{ ...stripe.SESSION, status: 'expired' }],
      createRefund: [stripe.REFUND],
      readRefunds: [stripe.listOf([stripe.REFUND])],
      listPayments: [stripe.listOf([stripe.readSession()])],
      listRefunds: [stripe.listOf([stripe.REFUND])],
      checkCredentials: [stripe.listOf([])],
    },
    paidText: '"payment_status":"paid"',
    words: ['paid', 'unpaid', 'no_payment_required'],
    saysPaid: ([answer]) => {
      const { payment_status, client_reference_id, currency, livemode, amount_total, payment_intent } = fieldsOf(answer)
      const { amount_received } = fieldsOf(payment_intent)
      return (
        [payment_status, client_reference_id, livemode].join() === `paid,${stripe.REFERENCE},false` &&
        String(currency).toUpperCase() === 'USD' &&
        Number(amount_total) === 7_250 &&
        Number(amount_received ?? amount_total) === 7_250
      )
    },
  },
  {
    name: 'chapa',
    credentials: { secret_key: 'CHASECK_TEST-4c81f0a7d29be653', webhook_secret: 'three drums' },
    attempt: attemptOf(chapa.REFERENCE, 125_050n, 'ETB'),
    webhooks: chapa.EVENTS.map(([event]) => event),
    answers: {
      createCheckout: [chapa.initialized()],
      confirm: [chapa.verified()],
      closeCheckout: [chapa.envelope(chapa.CANCELLED.data, 'Checkout link expired successfully'), chapa.PENDING],
      createRefund: [chapa.envelope(chapa.REFUND)],
      readRefunds: [chapa.verified()],
      listPayments: [chapa.listed([chapa.LISTED])],
      listRefunds: [],
      checkCredentials: [chapa.CURRENCIES],
    },
    paidText: '"status":"success"',
    words: ['success', 'pending', 'failed', 'cancelled', 'failed/cancelled', 'refunded', 'reversed'],
    saysPaid: ([answer]) => {
      const { status, tx_ref, currency, mode, amount } = fieldsOf(fieldsOf(answer).data)
      return (
        [status, tx_ref, currency, mode].join() === `success,${chapa.REFERENCE},ETB,test` && Number(amount) === 1250.5
      )
    },
  },
]

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The errand as the operations start it; undefined where the provider has none such. */
export function start({ name, credentials, attempt }: Subject, errand: Errand): Conversation<unknown> | undefined {
  const provider = PROVIDERS[name]
  const { reference, amount, currency } = attempt
  const customer = { email: 'ada@customer.test', name: 'Ada Obi', phone: undefined }
  const request: CheckoutRequest = {
    ...{ reference, amount, currency, customer, ...TIMES, metadata: {} },
    ...{ description: 'Two lamps', callbackUrl: 'https://shop.test/thanks', method: undefined },
  }
  const payment: PaidPayment = { ...attempt, providerTransactionId: name === 'stripe' ? stripe.INTENT_ID : '640112233' }
  const refund = { id: chapa.REFUND_ID, payment, amount: 50_000n, reason: undefined }
  switch (errand) {
    case 'createCheckout':
      return provider.createCheckout(request, credentials)
    case 'confirm':
      return provider.confirm(attempt, credentials)
    case 'closeCheckout':
      return provider.closeCheckout?.(attempt, credentials)
    case 'createRefund':
      return provider.createRefund(refund, credentials)
    case 'readRefunds':
      return provider.readRefunds(payment, [{ refundId: chapa.REFUND_ID, providerRefundId: '61002003' }], credentials)
    case 'listPayments':
      return provider.listPayments({ from: TIMES.createdAt, to: TIMES.expiresAt }, undefined, credentials)
    case 'listRefunds':
      return provider.listRefunds?.({ from: TIMES.createdAt, to: TIMES.expiresAt }, undefined, credentials)
    case 'checkCredentials':
      return provider.checkCredentials(credentials)
  }
}
