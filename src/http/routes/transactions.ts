/** `/api/v1/transactions/`: payments, from the first request to their end. */

import * as z from 'zod'
import { LIMITS } from '../../domain/limits.ts'
import { PAYMENT_METHODS } from '../../domain/payment-method.ts'
import { done } from '../../domain/problem.ts'
import { ATTEMPT_STATUSES, TRANSACTION_STATUSES } from '../../domain/transaction.ts'
import { cancel } from '../../operations/payments/cancel.ts'
import { initiate } from '../../operations/payments/initiate.ts'
import { getTransaction, listAll } from '../../operations/payments/read.ts'
import { verifyPayment } from '../../operations/payments/verify.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import {
  AmountSchema,
  CountrySchema,
  CurrencySchema,
  EmailSchema,
  IdSchema,
  ListSchema,
  ModeSchema,
  PhoneSchema,
  ProviderSchema,
  pageQuery,
  TimeSchema,
} from '../schemas.ts'

const TAG = 'Transactions'

const ReferenceSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._=-]{0,99}$/,
    'is 1 to 100 of A-Z, a-z, 0-9 and . _ = -, and begins with a letter or digit',
  )

const MetadataSchema = z
  .record(z.string().min(1).max(100), z.string().max(500))
  .refine(
    (metadata) => JSON.stringify(metadata).length <= LIMITS.metadataBytes,
    `is larger than ${LIMITS.metadataBytes} bytes`,
  )

export const TransactionSchema = z
  .object({
    id: IdSchema('txn'),
    object: z.literal('transaction'),
    mode: ModeSchema,
    reference: z.string(),
    amount: AmountSchema.meta({ description: 'Minor units of the currency' }),
    currency: z.string(),
    status: z.enum(TRANSACTION_STATUSES),
    provider: z.string().nullable(),
    connection_id: IdSchema('con').nullable(),
    checkout_url: z.string().nullable().meta({ description: 'Where the customer pays, while it can be paid' }),
    customer: z.object({ email: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
    country: z.string().nullable(),
    method: z.enum(PAYMENT_METHODS).nullable(),
    description: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    callback_url: z.string().nullable(),
    fee: z.int().nullable().meta({ description: "The provider's fee, once it is known" }),
    net_amount: z.int().nullable(),
    amount_refunded: z.int(),
    disputed: z.boolean(),
    failure_reason: z.string().nullable(),
    review_reason: z.string().nullable(),
    expires_at: TimeSchema,
    succeeded_at: TimeSchema.nullable(),
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .meta({ id: 'Transaction' })

export const AttemptSchema = z
  .object({
    id: IdSchema('att'),
    object: z.literal('attempt'),
    number: z.int(),
    connection_id: IdSchema('con'),
    provider: z.string(),
    provider_reference: z.string(),
    provider_transaction_id: z.string().nullable(),
    status: z.enum(ATTEMPT_STATUSES),
    chosen_because: z.string(),
    left_because: z.string().nullable(),
    is_duplicate: z.boolean().meta({ description: 'Paid although the payment was paid already' }),
    confirmed_amount: z.int().nullable(),
    confirmed_currency: z.string().nullable(),
    collected_amount: z.int().nullable(),
    fee: z.int().nullable(),
    failure_code: z.string().nullable(),
    failure_message: z.string().nullable(),
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .meta({ id: 'Attempt' })

/** What the event of a charge too many is about. */
export const DuplicateChargeSchema = TransactionSchema.extend({
  /** The try that was paid although another was. */
  duplicate_attempt: AttemptSchema,
}).meta({ id: 'DuplicateCharge' })

export const TransactionDetailSchema = TransactionSchema.extend({
  attempts: z.array(AttemptSchema),
  history: z.array(
    z.object({ status: z.enum(TRANSACTION_STATUSES), event_id: IdSchema('evt'), number: z.int(), at: TimeSchema }),
  ),
}).meta({ id: 'TransactionDetail' })

export const VerifiedTransactionSchema = TransactionSchema.extend({
  confirmed: z.boolean().meta({ description: 'Whether the provider gave a clear answer' }),
}).meta({ id: 'VerifiedTransaction' })

const InitiateSchema = z
  .strictObject({
    amount: z.int().min(1).max(Number.MAX_SAFE_INTEGER).meta({ description: 'Minor units: 150000 is NGN 1,500.00' }),
    currency: CurrencySchema,
    customer: z.strictObject({
      email: EmailSchema,
      name: z.string().trim().min(1).max(200).optional(),
      phone: PhoneSchema.optional(),
    }),
    reference: ReferenceSchema.optional(),
    description: z.string().trim().min(1).max(500).optional(),
    metadata: MetadataSchema.default({}),
    callback_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    country: CountrySchema.optional().meta({ description: 'Of the customer: routing rules may decide by it' }),
    method: z
      .enum(PAYMENT_METHODS)
      .optional()
      .meta({ description: 'How the customer is to pay; without it, however the page offers' }),
    provider: ProviderSchema.optional().meta({
      description: 'Without it the connection that the routing rules choose',
    }),
    expires_in: z
      .int()
      .min(LIMITS.expiresInSecondsMin)
      .max(LIMITS.expiresInSecondsMax)
      .default(LIMITS.expiresInSecondsDefault)
      .meta({ description: 'Seconds' }),
  })
  .meta({
    id: 'InitiatePayment',
    example: {
      amount: 150000,
      currency: 'NGN',
      customer: { email: 'ada@example.com', name: 'Ada Obi' },
      reference: 'order-4711',
      callback_url: 'https://shop.example.com/thanks',
    },
  })

const ListQuerySchema = z.strictObject({
  ...pageQuery,
  status: z.enum(TRANSACTION_STATUSES).optional(),
  currency: CurrencySchema.optional(),
  provider: ProviderSchema.optional(),
  reference: ReferenceSchema.optional(),
  customer_email: EmailSchema.optional(),
  created_from: TimeSchema.optional(),
  created_before: TimeSchema.optional(),
})

const params = z.object({ id: IdSchema('txn') })

export function transactionRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/transactions/',
    scope: 'transactions:read',
    tag: TAG,
    summary: 'List transactions',
    query: ListQuerySchema,
    answer: { status: 200, schema: ListSchema(TransactionSchema), description: 'Newest first.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('txn', query)
      if (!page.ok) return page
      const filters = {
        status: query.status,
        currency: query.currency,
        provider: query.provider,
        reference: query.reference,
        customerEmail: query.customer_email,
        createdFrom: query.created_from === undefined ? undefined : new Date(query.created_from),
        createdBefore: query.created_before === undefined ? undefined : new Date(query.created_before),
      }
      return listAnswer(await listAll(deps, requester, filters, page.value))
    },
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/transactions/initiate_payment/',
    scope: 'transactions:write',
    tag: TAG,
    summary: 'Initiate a payment',
    description:
      'Send the customer to `checkout_url`. 202 means that the provider gave no clear answer yet: the transaction will ' +
      'have its page, or fail, within minutes.',
    body: InitiateSchema,
    answer: {
      status: 201,
      schema: TransactionSchema,
      description: 'The transaction, with its checkout page.',
      accepted: 'The provider gave no clear answer yet.',
    },
    problems: [
      'no_usable_connection',
      'amount_below_minimum',
      'amount_above_maximum',
      'amount_not_payable',
      'reference_taken',
      'provider_refused',
      'idempotency_key_reused',
      'idempotency_in_flight',
    ],
    run: ({ deps, requester, body }) =>
      initiate(deps, requester, {
        money: { amount: BigInt(body.amount), currency: body.currency },
        country: body.country,
        method: body.method,
        reference: body.reference,
        provider: body.provider,
        customer: { email: body.customer.email, name: body.customer.name, phone: body.customer.phone },
        description: body.description,
        metadata: body.metadata,
        callbackUrl: body.callback_url,
        expiresInSeconds: body.expires_in,
      }),
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/transactions/{id}/',
    scope: 'transactions:read',
    tag: TAG,
    summary: 'Get a transaction',
    params,
    answer: { status: 200, schema: TransactionDetailSchema, description: 'With its attempts and its history.' },
    problems: ['transaction_not_found'],
    async run({ deps, requester, params }) {
      const found = await getTransaction(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/transactions/{id}/verify_payment/',
    scope: 'transactions:read',
    tag: TAG,
    summary: 'Verify a payment',
    description: 'Asks the provider and applies what it says. Safe at any time.',
    params,
    answer: { status: 200, schema: VerifiedTransactionSchema, description: 'The transaction after the answer.' },
    problems: ['transaction_not_found'],
    async run({ deps, requester, params }) {
      const found = await verifyPayment(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/transactions/{id}/cancel/',
    scope: 'transactions:write',
    tag: TAG,
    summary: 'Cancel a payment',
    description: "The provider's page is closed where it can be; money that comes all the same is told.",
    params,
    answer: { status: 200, schema: TransactionSchema, description: 'The cancelled transaction.' },
    problems: [
      'transaction_not_found',
      'transaction_not_cancellable',
      'transaction_being_paid',
      'idempotency_in_flight',
    ],
    run: ({ deps, requester, params }) => cancel(deps, requester, params.id),
  })
}
