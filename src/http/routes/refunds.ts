/** `/api/v1/transactions/{id}/refunds/` and `/api/v1/refunds/`: money that goes back. */

import * as z from 'zod'
import { done } from '../../domain/problem.ts'
import { REFUND_STATUSES } from '../../domain/refund.ts'
import { createRefund } from '../../operations/refunds/create.ts'
import { getRefund, listAll } from '../../operations/refunds/read.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { AmountSchema, IdSchema, ListSchema, ModeSchema, pageQuery, TimeSchema } from '../schemas.ts'

const TAG = 'Refunds'

export const RefundSchema = z
  .object({
    id: IdSchema('ref'),
    object: z.literal('refund'),
    mode: ModeSchema,
    transaction_id: IdSchema('txn'),
    amount: AmountSchema.meta({ description: 'Minor units of the currency' }),
    currency: z.string(),
    status: z.enum(REFUND_STATUSES),
    reason: z.string().nullable(),
    origin: z.enum(['api', 'provider']).meta({ description: "`provider`: made on the provider's dashboard" }),
    provider: z.string(),
    connection_id: IdSchema('con'),
    provider_refund_id: z.string().nullable(),
    failure_code: z.string().nullable(),
    failure_message: z.string().nullable().meta({ description: "The provider's words" }),
    created_at: TimeSchema,
    updated_at: TimeSchema,
    finished_at: TimeSchema.nullable(),
  })
  .meta({ id: 'Refund' })

const CreateRefundSchema = z
  .strictObject({
    amount: z
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'Minor units; without it all that is left' }),
    reason: z.string().trim().min(1).max(500).optional(),
  })
  .meta({ id: 'CreateRefund', example: { amount: 50000, reason: 'One of three shirts came back' } })

const query = { ...pageQuery, status: z.enum(REFUND_STATUSES).optional() }
const ofTransaction = z.object({ id: IdSchema('txn') })

export function refundRoutes(app: App): void {
  endpoint(app, {
    method: 'post',
    path: '/api/v1/transactions/{id}/refunds/',
    scope: 'refunds:write',
    tag: TAG,
    summary: 'Refund a payment',
    description:
      'What is pending or has succeeded is never more than what was paid. 202 means that the provider gave no clear ' +
      'answer yet: the refund is found there, or sent again, by asking on.',
    params: ofTransaction,
    body: CreateRefundSchema,
    answer: {
      status: 201,
      schema: RefundSchema,
      description: 'The refund.',
      accepted: 'The provider gave no clear answer yet: the refund will be made, or fail.',
    },
    problems: [
      'transaction_not_found',
      'transaction_not_refundable',
      'refund_exceeds_payment',
      'refund_below_minimum',
      'amount_not_payable',
      'refund_not_supported',
      'refunds_too_many',
      'provider_refused',
      'idempotency_key_reused',
      'idempotency_in_flight',
    ],
    run: ({ deps, requester, params, body }) =>
      createRefund(deps, requester, {
        transactionId: params.id,
        amount: body.amount === undefined ? undefined : BigInt(body.amount),
        reason: body.reason,
      }),
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/transactions/{id}/refunds/',
    scope: 'transactions:read',
    tag: TAG,
    summary: 'List the refunds of a payment',
    params: ofTransaction,
    query: z.strictObject(query),
    answer: { status: 200, schema: ListSchema(RefundSchema), description: 'Newest first.' },
    problems: ['transaction_not_found', 'cursor_malformed'],
    async run({ deps, requester, params, query }) {
      const page = readPage('ref', query)
      if (!page.ok) return page
      const filters = { transactionId: params.id, status: query.status }
      return listAnswer(await listAll(deps, requester, filters, page.value))
    },
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/refunds/',
    scope: 'transactions:read',
    tag: TAG,
    summary: 'List refunds',
    query: z.strictObject(query),
    answer: { status: 200, schema: ListSchema(RefundSchema), description: 'Newest first.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('ref', query)
      if (!page.ok) return page
      const filters = { transactionId: undefined, status: query.status }
      return listAnswer(await listAll(deps, requester, filters, page.value))
    },
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/refunds/{id}/',
    scope: 'transactions:read',
    tag: TAG,
    summary: 'Get a refund',
    params: z.object({ id: IdSchema('ref') }),
    answer: { status: 200, schema: RefundSchema, description: 'The refund.' },
    problems: ['refund_not_found'],
    async run({ deps, requester, params }) {
      const found = await getRefund(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })
}
