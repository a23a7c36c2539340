/**
 * Every route of the API, read from the OpenAPI document: a new one is held to what every route is held to without being
 * listed. Only bodies can't be read from it: `BODIES` has one for each route that can't do without.
 */

import type { ID_PREFIXES } from '../../src/domain/ids.ts'
import { PROVIDER_NAMES } from '../../src/providers/registry.ts'
import { ORDER } from './paystack.ts'
import { type ApiAnswer, caller, type World } from './world.ts'

/** A prefix of ids, such as `txn`. */
export type IdKind = (typeof ID_PREFIXES)[keyof typeof ID_PREFIXES]

/** One id of each kind. */
export type Ids = Readonly<Partial<Record<IdKind, string>>>

export interface Route {
  method: string
  /** With braces: `/api/v1/api-keys/{id}/`. */
  path: string
  /** As `POST /api/v1/api-keys/`. */
  name: string
  isPublic: boolean
  /** What the document says that a key or a person needs. Empty where it says nothing. */
  scopes: readonly string[]
  takesBody: boolean
  /** The names of the path's parameters with the kind of id that each takes; undefined for what is no id. */
  pathIds: Readonly<Record<string, IdKind | undefined>>
  /** The same of the query, of ids alone. */
  queryIds: Readonly<Record<string, IdKind>>
  /** The kinds of ids that the body may name, however deep. */
  bodyIds: readonly IdKind[]
}

interface Schema {
  pattern?: string
  [keyword: string]: unknown
}

interface Operation {
  security?: Record<string, string[]>[]
  parameters?: { in: string; name: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

export interface SchemaDocument {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

export async function readSchema(world: World): Promise<SchemaDocument> {
  const response = await world.app.request('https://api.paybridge.test/api/schema/')
  return response.json<SchemaDocument>()
}

export function routesOf(document: SchemaDocument): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => routeOf(document, path, method.toUpperCase(), operation)),
  )
}

function routeOf(document: SchemaDocument, path: string, method: string, operation: Operation): Route {
  const { security, parameters = [], requestBody } = operation
  const idsIn = (place: string) =>
    parameters.filter((parameter) => parameter.in === place).map(({ name, schema }) => [name, kindOf(schema)] as const)
  return {
    method,
    path,
    name: `${method} ${path}`,
    isPublic: security?.length === 0,
    scopes: (security ?? []).flatMap(({ bearer = [] }) => bearer),
    takesBody: requestBody !== undefined,
    pathIds: Object.fromEntries(idsIn('path')),
    queryIds: Object.fromEntries(idsIn('query').flatMap(([name, kind]) => (kind === undefined ? [] : [[name, kind]]))),
    bodyIds: kindsIn(document, requestBody?.content['application/json']?.schema),
  }
}

function kindOf({ pattern }: Schema): IdKind | undefined {
  // The document is ours: what stands before the underscore is one of our prefixes.
  return /^\^([a-z]{3})_/.exec(pattern ?? '')?.[1] as IdKind | undefined
}

function kindsIn(document: SchemaDocument, schema: unknown): IdKind[] {
  if (typeof schema !== 'object' || schema === null) return []
  const named = /^#\/components\/schemas\/(.*)$/.exec(String('$ref' in schema ? schema.$ref : ''))?.[1]
  const kind = kindOf({ ...schema })
  const below = Object.values(schema).flatMap((part) => kindsIn(document, part))
  return [
    ...(kind === undefined ? [] : [kind]),
    ...below,
    ...(named ? kindsIn(document, document.components.schemas[named]) : []),
  ]
}

/** Providers post what they like: their routes have tests of their own. */
export const isOfProvider = ({ path }: Route): boolean =>
  PROVIDER_NAMES.some((name) => path.startsWith(`/api/v1/webhooks/${name}/`))

/** The route's path with these ids in it. @throws where there is none of a kind that it takes */
export function pathWith({ path, pathIds, name }: Route, ids: Ids): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    const kind = pathIds[parameter]
    const id = kind && ids[kind]
    if (id === undefined) throw new Error(`${name}: there is no id for {${parameter}}`)
    return id
  })
}

/** A body that is good, with these ids in it: only who asks, and whose the ids are, can be at fault. */
export function bodyWith({ name }: Route, ids: Ids): unknown {
  return BODIES[name]?.(ids)
}

const BODIES: Readonly<Record<string, (ids: Ids) => object>> = {
  'PUT /api/v1/profile/me/': () => ({ company_name: 'Renamed' }),
  'POST /api/v1/api-keys/': () => ({ name: 'x', scopes: ['profile:read'] }),
  'POST /api/v1/payment-providers/': () => ({
    provider: 'paystack',
    credentials: { secret_key: 'sk_test_0123456789abcdef0123' },
  }),
  'PATCH /api/v1/payment-providers/{id}/': () => ({ name: 'renamed' }),
  'POST /api/v1/transactions/initiate_payment/': () => ORDER,
  'PUT /api/v1/routing-rules/': ({ con }) => ({
    rules: con === undefined ? [] : [{ name: 'all', connections: [{ connection_id: con }] }],
  }),
  'POST /api/v1/reconciliation/runs/': ({ con }) => ({ connection_id: con }),
  'POST /api/v1/webhooks/': () => ({ url: 'https://shop.example.com/hook' }),
  'PATCH /api/v1/webhooks/{id}/': () => ({ description: 'renamed' }),
  'POST /api/v1/webhooks/{id}/recover/': () => ({ since: '2026-11-24T00:00:00.000Z' }),
  'POST /api/v1/webhooks/{id}/replay/': () => ({ after: 0 }),
  'POST /api/v1/events/{id}/resend/': ({ whe }) => ({ endpoint_id: whe }),
  'POST /api/v1/events/stream-ticket/': ({ txn }) => ({ transaction_id: txn }),
}

export interface Sending {
  /** An API key or an access token. */
  token?: string | undefined
  mode?: 'test' | 'live'
  body?: unknown
  headers?: Record<string, string>
}

/** Calls this path by the route's method. */
export async function send(
  world: World,
  { method }: Pick<Route, 'method'>,
  path: string,
  { token, mode = 'test', body, headers = {} }: Sending,
): Promise<ApiAnswer> {
  const client = caller(world.app, token, mode)
  switch (method) {
    case 'GET':
      return client.get(path, headers)
    case 'DELETE':
      return client.delete(path, headers)
    case 'PUT':
      return client.put(path, body, headers)
    case 'PATCH':
      return client.patch(path, body, headers)
    default:
      return client.post(path, body, headers)
  }
}
