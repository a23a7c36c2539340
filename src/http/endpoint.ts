/**
 * One way to declare a route: what it takes and gives (the same schemas validate it and document it), and the one
 * operation that it calls. Everything that is the same for all routes happens here.
 */

import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { Hono } from 'hono'
import * as z from 'zod'
import { hashRequest } from '../crypto/canonical-hash.ts'
import type { FieldError, Outcome, ProblemCode } from '../domain/problem.ts'
import { done, PROBLEMS, refused } from '../domain/problem.ts'
import type { Scope } from '../domain/scopes.ts'
import type { Answer, Requester } from '../operations/claimed.ts'
import type { Deps } from '../operations/deps.ts'
import type { Visitor } from '../operations/identity/visitor.ts'
import { readJsonBody } from './body.ts'
import { readCaller } from './caller.ts'
import type { AppContext, AppEnv } from './context.ts'
import { PROBLEM_CONTENT_TYPE, problemResponse } from './problem.ts'
import { ProblemSchema } from './schemas.ts'

/** The app, and what is said of its routes. */
export class App extends Hono<AppEnv> {
  readonly described: DescribedRoute[] = []
}

/** A route as the OpenAPI document has it. */
export interface DescribedRoute extends Pick<RouteConfig, 'method' | 'path'> {
  /** Called when somebody asks for the document: a cold start doesn't wait for it. */
  describe(): Omit<RouteConfig, 'method' | 'path'>
}

/** What a route's operation is called with: everything parsed. */
export interface Input<P, Q, B> {
  deps: Deps
  /** What the caller sees. */
  url: string
  params: P
  query: Q
  body: B
}

interface Declaration<P, Q, B> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With braces and the trailing slash: `/api/v1/api-keys/{id}/revoke/`. */
  path: string
  tag: string
  summary: string
  description?: string
  params?: z.ZodType<P>
  query?: z.ZodType<Q>
  body?: z.ZodType<B>
  answer: {
    status: number
    schema: z.ZodType
    description: string
    /** Where there is a 202 beside it, with the same schema: what it means. */
    accepted?: string
  }
  /** Beyond those that every route may answer with. */
  problems?: readonly ProblemCode[]
}

/** A route for whoever holds an API key or an access token. */
export interface Endpoint<P, Q, B> extends Declaration<P, Q, B> {
  /** What the document says that the route needs. The operation's own permit is what the gate asks for. */
  scope: Scope
  run(input: Input<P, Q, B> & { requester: Requester }): Promise<Outcome<Answer>>
}

/** A route for everybody. */
export interface PublicEndpoint<P, Q, B> extends Declaration<P, Q, B> {
  run(input: Input<P, Q, B> & { visitor: Visitor }): Promise<Outcome<Answer>>
}

export function endpoint<P, Q, B>(app: App, declared: Endpoint<P, Q, B>): void {
  const { method, path } = declared
  app.described.push({ method, path, describe: () => describe(declared, [{ bearer: [declared.scope] }]) })
  app.on(method, honoPath(path), async (c) => {
    c.set('routePattern', path)
    const outcome = await answerCaller(c, declared)
    return outcome.ok ? answerResponse(outcome.value) : problemResponse(c, outcome.problem)
  })
}

export function publicEndpoint<P, Q, B>(app: App, declared: PublicEndpoint<P, Q, B>): void {
  const { method, path } = declared
  app.described.push({ method, path, describe: () => describe(declared, []) })
  app.on(method, honoPath(path), async (c) => {
    c.set('routePattern', path)
    const outcome = await answerVisitor(c, declared)
    return outcome.ok ? answerResponse(outcome.value) : problemResponse(c, outcome.problem)
  })
}

async function answerCaller<P, Q, B>(c: AppContext, declared: Endpoint<P, Q, B>): Promise<Outcome<Answer>> {
  const caller = await readCaller(c)
  if (!caller.ok) return caller
  const { credential } = caller.value
  const counted = credential.kind === 'api_key' ? credential.hash : credential.sessionId
  if (!(await c.get('withinLimit')(counted))) return refused('rate_limited', { retryAfter: RATE_LIMIT_PERIOD_SECONDS })
  const input = await readInput(c, declared)
  if (!input.ok) return input
  const identity = await readIdentity(c, input.value.body)
  if (!identity.ok) return identity
  return declared.run({ ...input.value, requester: { ...caller.value, ...identity.value } })
}

async function answerVisitor<P, Q, B>(c: AppContext, declared: PublicEndpoint<P, Q, B>): Promise<Outcome<Answer>> {
  const input = await readInput(c, declared)
  if (!input.ok) return input
  const identity = await readIdentity(c, input.value.body)
  if (!identity.ok) return identity
  const requestId = c.get('requestId')
  const ipAddress = c.get('ipAddress')
  const userAgent = c.req.header('user-agent')
  return declared.run({ ...input.value, visitor: { requestId, ipAddress, userAgent, ...identity.value } })
}

/** What tells a request from another, and from its repeats. */
async function readIdentity(
  c: AppContext,
  body: unknown,
): Promise<Outcome<Pick<Requester, 'idempotencyKey' | 'requestHash'>>> {
  const idempotencyKey = c.req.header('idempotency-key')
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    return refused('idempotency_key_malformed')
  }
  return done({ idempotencyKey, requestHash: await hashRequest(c.req.method, c.req.path.replace(/\/$/, ''), body) })
}

/** The platform's rate limit counts in periods of this length: wrangler.toml says the same. */
export const RATE_LIMIT_PERIOD_SECONDS = 60

/** Without a schema nothing may be sent: an unknown field is told, not dropped. */
const NOTHING = z.strictObject({})

async function readInput<P, Q, B>(c: AppContext, declared: Declaration<P, Q, B>): Promise<Outcome<Input<P, Q, B>>> {
  const body = c.req.method === 'GET' ? done(undefined) : await readJsonBody(c.req.raw)
  if (!body.ok) return body
  const errors: FieldError[] = []
  const params = parse<P>(declared.params, c.req.param(), errors)
  const query = parse<Q>(declared.query, c.req.query(), errors)
  const parsed = parse<B>(declared.body, body.value === undefined ? {} : body.value, errors)
  if (params === undefined || query === undefined || parsed === undefined) {
    return refused('validation_failed', { errors })
  }
  return done({ deps: c.get('deps'), url: c.req.url, params: params.value, query: query.value, body: parsed.value })
}

/** The value as the schema has it; undefined where it is not, and the errors say why. */
export function parse<T>(
  schema: z.ZodType<T> | undefined,
  value: unknown,
  errors: FieldError[],
): { value: T } | undefined {
  const result = (schema ?? NOTHING).safeParse(value)
  // Where no schema is declared, T is never read: the input's type is that of the schema.
  if (result.success) return { value: result.data as T }
  errors.push(...result.error.issues.flatMap(toFieldErrors))
  return undefined
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not a field of this request' }))
  }
  return [{ field: path.join('.') || 'body', message: issue.message }]
}

function answerResponse(answer: Answer): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  if (answer.replayed) headers.set('idempotent-replayed', 'true')
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers })
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** What any route may answer with. */
export const COMMON_PROBLEMS = ['rate_limited', 'internal_error', 'try_again'] as const satisfies ProblemCode[]
/** Of a route that reads what it is sent. */
const INPUT_PROBLEMS = ['validation_failed', 'idempotency_key_malformed'] as const satisfies ProblemCode[]
const BODY_PROBLEMS = ['body_malformed', 'body_too_large', 'content_type_unsupported'] as const satisfies ProblemCode[]
const CALLER_PROBLEMS = [
  'credential_missing',
  'credential_malformed',
  'api_key_unknown',
  'api_key_revoked',
  'api_key_expired',
  'access_token_expired',
  'access_token_invalid',
  'session_ended',
  'ip_not_allowed',
  'scope_missing',
  'merchant_suspended',
  'mode_header_malformed',
] as const satisfies ProblemCode[]

function describe<P, Q, B>(
  declared: Declaration<P, Q, B>,
  security: Record<string, string[]>[],
): ReturnType<DescribedRoute['describe']> {
  const request: RouteConfig['request'] = {}
  if (declared.params instanceof z.ZodObject) request.params = declared.params
  if (declared.query instanceof z.ZodObject) request.query = declared.query
  if (declared.body !== undefined) {
    request.body = { required: true, content: { 'application/json': { schema: declared.body } } }
  }
  if (declared.method === 'post') request.headers = z.object({ 'Idempotency-Key': IDEMPOTENCY_KEY })
  return {
    tags: [declared.tag],
    summary: declared.summary,
    ...(declared.description === undefined ? {} : { description: declared.description }),
    security,
    request,
    responses: { ...answersOf(declared), ...problemResponses(problemsOf(declared, security.length > 0)) },
  }
}

function answersOf({ answer }: Pick<Declaration<unknown, unknown, unknown>, 'answer'>): RouteConfig['responses'] {
  const content = { 'application/json': { schema: answer.schema } }
  const accepted = answer.accepted === undefined ? {} : { 202: { description: answer.accepted, content } }
  return { [answer.status]: { description: answer.description, content }, ...accepted }
}

function problemsOf(
  { method, problems = [] }: Pick<Declaration<unknown, unknown, unknown>, 'method' | 'problems'>,
  isGuarded: boolean,
): ProblemCode[] {
  const ofBody = method === 'get' ? [] : BODY_PROBLEMS
  return [...COMMON_PROBLEMS, ...INPUT_PROBLEMS, ...ofBody, ...(isGuarded ? CALLER_PROBLEMS : []), ...problems]
}

const IDEMPOTENCY_KEY = z.string().min(1).max(255).optional().meta({
  description: 'The same key with the same request gives the first answer again, for 24 hours.',
  example: 'order-4711-payment',
})

/** The codes of each status, spelled out for the reader and for programs. */
export function problemResponses(codes: readonly ProblemCode[]): RouteConfig['responses'] {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, sameStatus]) => [
      status,
      {
        description: sameStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('\n\n'),
        content: {
          [PROBLEM_CONTENT_TYPE]: { schema: z.intersection(ProblemSchema, z.object({ code: z.enum(sameStatus) })) },
        },
      },
    ]),
  )
}
