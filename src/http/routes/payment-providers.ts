/** `/api/v1/payment-providers/`: a merchant's connections to payment providers, and what the providers take. */

import * as z from 'zod'
import { PAYMENT_METHODS } from '../../domain/payment-method.ts'
import { done } from '../../domain/problem.ts'
import { listCapabilities } from '../../operations/account/capabilities.ts'
import { checkConnection } from '../../operations/account/check-connection.ts'
import {
  changeConnection,
  createConnection,
  disable,
  getConnection,
  listAll,
} from '../../operations/account/connections.ts'
import { type App, endpoint, publicEndpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { AmountSchema, IdSchema, ListSchema, ModeSchema, ProviderSchema, pageQuery, TimeSchema } from '../schemas.ts'

const TAG = 'Payment providers'

export const ConnectionSchema = z
  .object({
    id: IdSchema('con'),
    object: z.literal('connection'),
    mode: ModeSchema,
    provider: z.string(),
    name: z.string(),
    status: z.enum(['active', 'disabled']),
    priority: z.int().meta({ description: 'Connections are tried in ascending order' }),
    secret_key: z.string().meta({ description: 'Masked', example: 'sk_test_…a1B2' }),
    previous_credentials_until: TimeSchema.nullable().meta({
      description: 'Until when webhooks signed with the credentials before are still taken',
    }),
    webhook_path: z.string().meta({ description: "Where the provider's webhooks go" }),
    checked_at: TimeSchema.nullable(),
    check_result: z.enum(['valid', 'invalid', 'unknown']).nullable(),
    health: z
      .object({
        circuit: z.enum(['closed', 'open', 'half_open', 'probing']),
        failures: z.int(),
        last_failure: z.string().nullable(),
        last_failure_at: TimeSchema.nullable(),
      })
      .meta({ description: 'A connection that fails again and again is passed by until it works' }),
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .meta({ id: 'Connection' })

export const CheckedConnectionSchema = ConnectionSchema.extend({
  check_result: z.enum(['valid', 'invalid', 'unknown']),
  check_message: z.string().nullable().meta({ description: 'What the provider said, where the result is not valid' }),
}).meta({ id: 'CheckedConnection' })

export const CapabilitySchema = z
  .object({
    provider: z.string(),
    currencies: z.array(
      z.object({
        currency: z.string(),
        minimum: AmountSchema,
        maximum: AmountSchema,
        step: AmountSchema.meta({ description: 'Amounts are multiples of it' }),
        refund_minimum: AmountSchema,
      }),
    ),
    methods: z.array(z.enum(PAYMENT_METHODS)),
    callback_url_required: z.boolean(),
    cancellation: z.boolean().meta({ description: 'Whether an open page is closed when a payment is cancelled' }),
    partial_refunds: z.boolean(),
    refund_modes: z.array(ModeSchema),
  })
  .meta({ id: 'Capability' })

const fields = {
  name: z.string().trim().min(1).max(100),
  priority: z.int().min(0).max(1000),
  credentials: z.record(z.string().min(1).max(50), z.string().min(1).max(1000)).meta({
    description: "The provider's own fields; for Paystack `secret_key`",
    example: { secret_key: 'sk_test_…' },
  }),
}

const CreateConnectionSchema = z
  .strictObject({
    provider: ProviderSchema,
    name: fields.name.optional(),
    priority: fields.priority.default(100),
    credentials: fields.credentials,
  })
  .meta({ id: 'CreateConnection' })

const ChangeConnectionSchema = z
  .strictObject({
    name: fields.name.optional(),
    priority: fields.priority.optional(),
    status: z.enum(['active', 'disabled']).optional(),
    credentials: fields.credentials.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'names nothing to change')
  .meta({ id: 'ChangeConnection', example: { priority: 10 } })

const PATH = '/api/v1/payment-providers/'
const params = z.object({ id: IdSchema('con') })

export function paymentProviderRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: PATH,
    scope: 'connections:read',
    tag: TAG,
    summary: 'List connections',
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ListSchema(ConnectionSchema), description: 'Newest first, credentials masked.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('con', query)
      return page.ok ? listAnswer(await listAll(deps, requester, page.value)) : page
    },
  })

  endpoint(app, {
    method: 'post',
    path: PATH,
    scope: 'connections:write',
    tag: TAG,
    summary: 'Connect a provider',
    description:
      'The credentials are sealed and never shown again. They must be of the mode that this request acts in.',
    body: CreateConnectionSchema,
    answer: { status: 201, schema: ConnectionSchema, description: 'The connection.' },
    problems: [
      'credentials_malformed',
      'credentials_wrong_mode',
      'connections_too_many',
      'idempotency_key_reused',
      'idempotency_in_flight',
    ],
    run: ({ deps, requester, body }) =>
      createConnection(deps, requester, {
        provider: body.provider,
        name: body.name ?? body.provider,
        priority: body.priority,
        credentials: body.credentials,
      }),
  })

  publicEndpoint(app, {
    method: 'get',
    path: `${PATH}capabilities/`,
    tag: TAG,
    summary: 'What the providers take',
    description: 'Amounts in minor units. Which of the currencies an account takes is its agreement with the provider.',
    answer: { status: 200, schema: ListSchema(CapabilitySchema), description: 'Each provider with its currencies.' },
    run: async () => listAnswer(done({ data: listCapabilities(), nextCursor: null })),
  })

  endpoint(app, {
    method: 'get',
    path: `${PATH}{id}/`,
    scope: 'connections:read',
    tag: TAG,
    summary: 'Get a connection',
    params,
    answer: { status: 200, schema: ConnectionSchema, description: 'The connection, credentials masked.' },
    problems: ['connection_not_found'],
    async run({ deps, requester, params }) {
      const found = await getConnection(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'patch',
    path: `${PATH}{id}/`,
    scope: 'connections:write',
    tag: TAG,
    summary: 'Change a connection',
    description:
      'Fields that are not sent stay as they are. The credentials before are kept, sealed, to verify webhooks with for ' +
      'three days.',
    params,
    body: ChangeConnectionSchema,
    answer: { status: 200, schema: ConnectionSchema, description: 'The connection after the change.' },
    problems: ['connection_not_found', 'credentials_malformed', 'credentials_wrong_mode', 'try_again'],
    async run({ deps, requester, params, body }) {
      const { credentials, ...change } = body
      const changed = await changeConnection(deps, requester, params.id, change, credentials)
      return changed.ok ? done({ status: 200, body: changed.value, replayed: false }) : changed
    },
  })

  endpoint(app, {
    method: 'post',
    path: `${PATH}{id}/disable/`,
    scope: 'connections:write',
    tag: TAG,
    summary: 'Disable a connection',
    description: 'No payment is started there any more; those under way are followed to their end.',
    params,
    answer: { status: 200, schema: ConnectionSchema, description: 'The disabled connection.' },
    problems: ['connection_not_found'],
    run: ({ deps, requester, params }) => disable(deps, requester, params.id),
  })

  endpoint(app, {
    method: 'post',
    path: `${PATH}{id}/check/`,
    scope: 'connections:write',
    tag: TAG,
    summary: 'Check the credentials',
    description: 'Asks the provider. No clear answer is `unknown`, which says nothing about the credentials.',
    params,
    answer: { status: 200, schema: CheckedConnectionSchema, description: 'The connection, with the result.' },
    problems: ['connection_not_found', 'idempotency_in_flight'],
    run: ({ deps, requester, params }) => checkConnection(deps, requester, params.id),
  })
}
