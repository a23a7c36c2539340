/** `/api/v1/api-keys/`: what programs authenticate with. */

import * as z from 'zod'
import { LIMITS } from '../../domain/limits.ts'
import { done } from '../../domain/problem.ts'
import { SCOPES } from '../../domain/scopes.ts'
import { createApiKey, getKey, listKeys, revokeKey, rotateKey } from '../../operations/account/api-keys.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { IdSchema, ListSchema, ModeSchema, pageQuery, TimeSchema } from '../schemas.ts'

const TAG = 'API keys'

export const ApiKeySchema = z
  .object({
    id: IdSchema('key'),
    object: z.literal('api_key'),
    mode: ModeSchema,
    name: z.string(),
    mask: z.string().meta({ example: 'pb_test_…a1B2' }),
    status: z.enum(['active', 'revoked', 'expired']),
    scopes: z.array(z.enum(SCOPES)),
    ip_allow_list: z.array(z.string()),
    expires_at: TimeSchema.nullable(),
    revoked_at: TimeSchema.nullable(),
    rotated_to: IdSchema('key').nullable(),
    last_used_at: TimeSchema.nullable(),
    created_at: TimeSchema,
  })
  .meta({ id: 'ApiKey' })

export const CreatedApiKeySchema = ApiKeySchema.extend({
  key: z.string().meta({ description: 'The key itself: shown in this answer and never again.' }),
}).meta({ id: 'CreatedApiKey' })

const CreateApiKeySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).optional(),
    ip_allow_list: z
      .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
      .max(50)
      .default([]),
    expires_at: TimeSchema.optional(),
  })
  .meta({
    id: 'CreateApiKey',
    example: { name: 'Checkout server', scopes: ['transactions:read', 'transactions:write'] },
  })

const RotateApiKeySchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(LIMITS.keyRotationOverlapSecondsMax)
      .default(LIMITS.keyRotationOverlapSecondsDefault)
      .meta({ description: 'How long the old key works on; never longer than it would have' }),
  })
  .meta({ id: 'RotateApiKey' })

const params = z.object({ id: IdSchema('key') })

export function apiKeyRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/api-keys/',
    scope: 'api_keys:read',
    tag: TAG,
    summary: 'List API keys',
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ListSchema(ApiKeySchema), description: 'Newest first, masked.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('key', query)
      return page.ok ? listAnswer(await listKeys(deps, requester, page.value)) : page
    },
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/api-keys/',
    scope: 'api_keys:write',
    tag: TAG,
    summary: 'Create an API key',
    body: CreateApiKeySchema,
    answer: { status: 201, schema: CreatedApiKeySchema, description: 'The key, shown once.' },
    problems: ['api_keys_too_many', 'scope_not_held', 'idempotency_key_reused', 'idempotency_in_flight'],
    run: ({ deps, requester, body }) =>
      createApiKey(deps, requester, {
        name: body.name,
        scopes: body.scopes,
        ipAllowList: body.ip_allow_list,
        expiresAt: body.expires_at === undefined ? undefined : new Date(body.expires_at),
      }),
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/api-keys/{id}/',
    scope: 'api_keys:read',
    tag: TAG,
    summary: 'Get an API key',
    params,
    answer: { status: 200, schema: ApiKeySchema, description: 'The key, masked.' },
    problems: ['api_key_not_found'],
    async run({ deps, requester, params }) {
      const found = await getKey(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/api-keys/{id}/rotate/',
    scope: 'api_keys:write',
    tag: TAG,
    summary: 'Rotate an API key',
    description:
      'Makes a key of the same name, scopes, allow-list and lifetime. The old key works on for the overlap, so that ' +
      'both are good while programs change over.',
    params,
    body: RotateApiKeySchema,
    answer: { status: 201, schema: CreatedApiKeySchema, description: 'The key that takes its place, shown once.' },
    problems: [
      'api_key_not_found',
      'api_key_not_rotatable',
      'api_keys_too_many',
      'scope_not_held',
      'idempotency_key_reused',
      'idempotency_in_flight',
    ],
    run: ({ deps, requester, params, body }) => rotateKey(deps, requester, params.id, body.overlap_seconds),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/api-keys/{id}/revoke/',
    scope: 'api_keys:write',
    tag: TAG,
    summary: 'Revoke an API key',
    description: 'It stops at once, everywhere.',
    params,
    answer: { status: 200, schema: ApiKeySchema, description: 'The revoked key.' },
    problems: ['api_key_not_found'],
    run: ({ deps, requester, params }) => revokeKey(deps, requester, params.id),
  })
}
