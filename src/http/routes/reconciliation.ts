/** `/api/v1/reconciliation/`: our books against the providers', and where they differ. */

import * as z from 'zod'
import { DRIFT_CAUSES, DRIFT_STATUSES, RUN_STATUSES } from '../../domain/drift.ts'
import { done } from '../../domain/problem.ts'
import {
  getReconciliationRun,
  listAllDrifts,
  listReconciliationRuns,
  startReconciliation,
} from '../../operations/account/reconciliation.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { IdSchema, ListSchema, ModeSchema, pageQuery, TimeSchema } from '../schemas.ts'

const TAG = 'Reconciliation'
const PATH = '/api/v1/reconciliation/'

export const ReconciliationRunSchema = z
  .object({
    id: IdSchema('rec'),
    object: z.literal('reconciliation_run'),
    mode: ModeSchema,
    connection_id: IdSchema('con'),
    provider: z.string(),
    status: z.enum(RUN_STATUSES),
    range_from: TimeSchema,
    range_to: TimeSchema,
    failure: z.string().nullable().meta({ description: 'Why the last page could not be read' }),
    pages: z.int().meta({ description: 'Read so far, of the list of payments and of that of refunds' }),
    payments_listed: z.int(),
    payments_foreign: z.int().meta({ description: 'Made elsewhere on the account' }),
    events_unmatched: z.int().meta({ description: 'Webhooks about payments that nobody here knows' }),
    drifts_found: z.int(),
    started_at: TimeSchema,
    finished_at: TimeSchema.nullable(),
  })
  .meta({ id: 'ReconciliationRun' })

const SideSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))

export const DriftSchema = z
  .object({
    id: IdSchema('dri'),
    object: z.literal('drift'),
    mode: ModeSchema,
    run_id: IdSchema('rec').nullable(),
    connection_id: IdSchema('con'),
    transaction_id: IdSchema('txn').nullable(),
    attempt_id: IdSchema('att').nullable(),
    cause: z.enum(DRIFT_CAUSES),
    subject: z.string(),
    ours: SideSchema.meta({ description: 'The transaction as it was when the drift was found' }),
    theirs: SideSchema.meta({ description: 'The payment, or the refund, as the provider told of it' }),
    status: z.enum(DRIFT_STATUSES).meta({ description: '`corrected`: both books say the same by now' }),
    found_at: TimeSchema,
    corrected_at: TimeSchema.nullable(),
  })
  .meta({ id: 'Drift' })

const driftQuery = {
  ...pageQuery,
  cause: z.enum(DRIFT_CAUSES).optional(),
  status: z.enum(DRIFT_STATUSES).optional(),
}

const params = z.object({ id: IdSchema('rec') })

export function reconciliationRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: `${PATH}runs/`,
    scope: 'transactions:read',
    tag: TAG,
    summary: 'List reconciliation runs',
    query: z.strictObject({ ...pageQuery, connection_id: IdSchema('con').optional() }),
    answer: { status: 200, schema: ListSchema(ReconciliationRunSchema), description: 'Newest first.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('rec', query)
      if (!page.ok) return page
      return listAnswer(await listReconciliationRuns(deps, requester, query.connection_id, page.value))
    },
  })

  endpoint(app, {
    method: 'post',
    path: `${PATH}runs/`,
    scope: 'transactions:write',
    tag: TAG,
    summary: 'Start a reconciliation run',
    description: "Over the last day of the provider's list. Runs begin by themselves several times a day.",
    body: z
      .strictObject({ connection_id: IdSchema('con') })
      .meta({ id: 'StartReconciliation', example: { connection_id: 'con_01kav3q2m8x4c5d6e7f8g9h0jk' } }),
    answer: { status: 202, schema: ReconciliationRunSchema, description: 'The run, at work.' },
    problems: ['connection_not_found', 'reconciliation_running', 'idempotency_key_reused', 'idempotency_in_flight'],
    run: ({ deps, requester, body }) => startReconciliation(deps, requester, body.connection_id),
  })

  endpoint(app, {
    method: 'get',
    path: `${PATH}drifts/`,
    scope: 'transactions:read',
    tag: TAG,
    summary: 'List drifts',
    query: z.strictObject(driftQuery),
    answer: { status: 200, schema: ListSchema(DriftSchema), description: 'Newest first.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('dri', query)
      if (!page.ok) return page
      const filters = { runId: undefined, cause: query.cause, status: query.status }
      return listAnswer(await listAllDrifts(deps, requester, filters, page.value))
    },
  })

  endpoint(app, {
    method: 'get',
    path: `${PATH}runs/{id}/`,
    scope: 'transactions:read',
    tag: TAG,
    summary: 'Get a reconciliation run',
    params,
    answer: { status: 200, schema: ReconciliationRunSchema, description: 'The run.' },
    problems: ['reconciliation_run_not_found'],
    async run({ deps, requester, params }) {
      const found = await getReconciliationRun(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'get',
    path: `${PATH}runs/{id}/drifts/`,
    scope: 'transactions:read',
    tag: TAG,
    summary: 'List the drifts that a run found first',
    params,
    query: z.strictObject(driftQuery),
    answer: { status: 200, schema: ListSchema(DriftSchema), description: 'Newest first.' },
    problems: ['reconciliation_run_not_found', 'cursor_malformed'],
    async run({ deps, requester, params, query }) {
      const page = readPage('dri', query)
      if (!page.ok) return page
      const filters = { runId: params.id, cause: query.cause, status: query.status }
      return listAnswer(await listAllDrifts(deps, requester, filters, page.value))
    },
  })
}
