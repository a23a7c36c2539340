/** `/api/v1/audit-logs/`: who changed what, when and from where. There is nothing here to change. */

import * as z from 'zod'
import { listEntries } from '../../operations/account/audit-log.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { IdSchema, ListSchema, ModeSchema, pageQuery, TimeSchema } from '../schemas.ts'

export const AuditEntrySchema = z
  .object({
    id: IdSchema('aud'),
    object: z.literal('audit_entry'),
    mode: ModeSchema.nullable().meta({ description: 'null for what belongs to no mode, such as logging in' }),
    actor_type: z.enum(['user', 'api_key']),
    actor_id: z.string(),
    action: z.string().meta({ example: 'api_key.created' }),
    object_type: z.string(),
    object_id: z.string(),
    details: z
      .object({ changed: z.array(z.string()).optional() })
      .meta({ description: 'The names of the fields that changed; never their values' }),
    ip_address: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable(),
    created_at: TimeSchema,
  })
  .meta({ id: 'AuditEntry' })

const QuerySchema = z.strictObject({
  ...pageQuery,
  action: z.string().max(100).optional(),
  actor_id: z.string().max(100).optional(),
  object_id: z.string().max(100).optional(),
  created_after: TimeSchema.optional(),
  created_before: TimeSchema.optional(),
})

export function auditLogRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/audit-logs/',
    scope: 'audit:read',
    tag: 'Audit',
    summary: 'List audit entries',
    description: 'From `created_after` on, up to but not at `created_before`.',
    query: QuerySchema,
    answer: { status: 200, schema: ListSchema(AuditEntrySchema), description: 'Newest first.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('aud', query)
      if (!page.ok) return page
      const filters = {
        action: query.action,
        actorId: query.actor_id,
        objectId: query.object_id,
        createdAfter: query.created_after === undefined ? undefined : new Date(query.created_after),
        createdBefore: query.created_before === undefined ? undefined : new Date(query.created_before),
      }
      return listAnswer(await listEntries(deps, requester, filters, page.value))
    },
  })
}
