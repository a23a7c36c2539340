/** Requests of an operation, first as its own schemas want them, then broken. */

import fc from 'fast-check'
import { utf8 } from '../../src/crypto/bytes.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import type { Operation } from '../support/api-contract.ts'
import { fittingValue, type Known } from './from-schema.ts'
import { type Break, broken, brokenBytes, jsonBreak, junk, junkText, type RawBreak, rawBreak } from './junk.ts'

export interface Draft {
  method: string
  /** With the operation's braces filled; percent-encoded. */
  path: string
  query: readonly (readonly [string, string])[]
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer> | undefined
}

type Change =
  | { kind: 'json'; by: Break }
  | { kind: 'raw'; by: RawBreak }
  | { kind: 'body'; text: string }
  | { kind: 'header'; name: string; value: string | undefined }
  | { kind: 'query'; name: string; value: string }
  | { kind: 'double_query' }
  | { kind: 'path'; id: string }
  | { kind: 'slash' }
  | { kind: 'method'; method: string }

/** A request that fits the schemas. @param credential for the Authorization header */
export function fitting(operation: Operation, known: Known, credential: string): fc.Arbitrary<Draft> {
  const parameters = (place: string) => operation.parameters.filter((parameter) => parameter.in === place)
  const values = (place: string) =>
    fc.record(
      Object.fromEntries(parameters(place).map(({ name, schema }) => [name, fittingValue(schema, known, name)])),
      {
        requiredKeys: parameters(place).flatMap(({ name, required }) => (required ? [name] : [])),
      },
    )
  const body = operation.body === undefined ? fc.constant(undefined) : fittingValue(operation.body, known, 'body')
  return fc.record({ path: values('path'), query: values('query'), headers: values('header'), body }).map((made) => ({
    method: operation.method,
    path: operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(textOf(made.path[name]))),
    query: Object.entries(made.query).flatMap(([name, value]) =>
      value == null ? [] : [[name, textOf(value)] as const],
    ),
    headers: {
      ...(operation.isPublic ? {} : { authorization: `Bearer ${credential}` }),
      ...(made.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...Object.fromEntries(
        Object.entries(made.headers).map(([name, value]) => [name.toLowerCase(), headerOf(textOf(value))]),
      ),
    },
    body: made.body === undefined ? undefined : utf8(JSON.stringify(made.body)),
  }))
}

/** The request after one to three things went wrong with it. */
export function breaking(draft: fc.Arbitrary<Draft>, hasBody: boolean): fc.Arbitrary<Draft> {
  const ofBody = !hasBody ? [] : [{ weight: 12, arbitrary: bodyChange }]
  const change = fc.oneof(...ofBody, { weight: 6, arbitrary: otherChange })
  // Mostly one: what else is wrong would hide it.
  const changes = fc.oneof(
    { weight: 3, arbitrary: change.map((one) => [one]) },
    { weight: 1, arbitrary: fc.array(change, { minLength: 2, maxLength: 3 }) },
  )
  return fc.tuple(draft, changes).map(([made, changes]) => changes.reduce(changed, made))
}

const bodyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('json' as const), by: jsonBreak }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('raw' as const), by: rawBreak }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('body' as const),
      text: fc.oneof(
        junk.map((value) => JSON.stringify(value)),
        fc.constantFrom('', ' ', '{', '{"a":NaN}', '{"amount":1e999}', '[', '['.repeat(100_000), '\u{feff}', '{}{}'),
        fc.constant(`"${'x'.repeat(LIMITS.bodyBytes)}"`),
      ),
    }),
  },
)

const HEADERS: readonly (readonly [string, readonly (string | undefined)[]])[] = [
  ['idempotency-key', ['', ' ', 'a b', 'x'.repeat(255), 'x'.repeat(256), 'é', '"quoted"', ',', '__proto__']],
  [
    'authorization',
    [undefined, '', 'Bearer', 'Bearer ', 'bearer  x', 'Basic dXNlcjpwYXNz', 'Bearer pb_test_x', 'Bearer a.b.c'],
  ],
  ['paybridge-mode', ['', 'live', 'TEST', 'test,live', '__proto__', 'x'.repeat(5_000)]],
  [
    'content-type',
    [undefined, '', 'text/plain', 'application/json; charset=utf-16', 'APPLICATION/JSON', 'application/jsonx', ';'],
  ],
  ['content-length', ['0', '-1', 'NaN', '99999999999']],
  ['cf-connecting-ip', ['', 'nonsense', '::1', '999.1.1.1', '203.0.113.7, 198.51.100.1']],
  ['user-agent', ['', 'x'.repeat(8_000), '\u00ff']],
  ['upgrade', ['websocket', 'h2c']],
  ['accept', ['text/html', '*/*;q=0', '']],
  ['x-http-method-override', ['DELETE']],
  ['stripe-signature', ['', 't=,v1=', 't=1,v1=00']],
  ['x-paystack-signature', ['', '0'.repeat(128), 'ü']],
]

const otherChange: fc.Arbitrary<Change> = fc.oneof(
  fc
    .constantFrom(...HEADERS)
    .chain(([name, values]) => fc.constantFrom(...values).map((value) => ({ kind: 'header' as const, name, value }))),
  fc.record({
    kind: fc.constant('query' as const),
    name: fc.constantFrom('limit', 'cursor', 'after', 'wait', 'status', 'type', 'created_from', '__proto__', 'x', ''),
    value: junkText,
  }),
  fc.constant({ kind: 'double_query' as const }),
  fc.record({
    kind: fc.constant('path' as const),
    id: fc.oneof(
      fc.constantFrom('%', '%E0%A4%A', '%00', '%2e%2e', '%2F', '%ff', 'con_%30', '', '.', '..', 'null'),
      junkText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 2_000))),
    ),
  }),
  fc.constant({ kind: 'slash' as const }),
  fc.record({
    kind: fc.constant('method' as const),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
  }),
)

function changed(draft: Draft, change: Change): Draft {
  switch (change.kind) {
    case 'json':
      return withBody(draft, (bytes) => changedJson(bytes, change.by))
    case 'raw':
      return withBody(draft, (bytes) => brokenBytes(bytes, change.by))
    case 'body':
      return withBody(draft, () => utf8(change.text))
    case 'header': {
      const { [change.name]: _, ...others } = draft.headers
      return {
        ...draft,
        headers: change.value === undefined ? others : { ...others, [change.name]: headerOf(change.value) },
      }
    }
    case 'query':
      return { ...draft, query: [...draft.query, [change.name, change.value.toWellFormed()]] }
    case 'double_query':
      return { ...draft, query: [...draft.query, ...draft.query, ...draft.query.map(([name]) => [name, ''] as const)] }
    case 'path':
      return { ...draft, path: draft.path.replace(/[a-z]{3}_[0-9a-z]{26}/, () => change.id) }
    case 'slash':
      return { ...draft, path: draft.path.replace(/\/$/, '') }
    case 'method':
      return ['GET', 'HEAD'].includes(change.method)
        ? { ...draft, method: change.method, body: undefined }
        : { ...draft, method: change.method }
  }
}

function withBody(draft: Draft, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Draft {
  return draft.body === undefined ? draft : { ...draft, body: change(draft.body) }
}

function changedJson(bytes: Uint8Array<ArrayBuffer>, by: Break): Uint8Array<ArrayBuffer> {
  try {
    return utf8(JSON.stringify(broken(JSON.parse(new TextDecoder().decode(bytes)), by)))
  } catch {
    return bytes
  }
}

export function requestOf({ method, path, query, headers, body }: Draft): Request {
  const search = query.length === 0 ? '' : `?${new URLSearchParams(query.map(([name, value]) => [name, value]))}`
  return new Request(`https://api.paybridge.test${path}${search}`, { method, headers, ...(body && { body }) })
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value))

/** What a header can carry: bytes, without line breaks and NUL, as platforms refuse those themselves. */
const headerOf = (text: string): string => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?')
