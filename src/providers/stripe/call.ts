/** Calls of Stripe's API, and what its answers say whatever was asked. Facts: docs.stripe.com/api/errors. */

import * as z from 'zod'
import type { Credentials, ProviderAnswer, ProviderCall, RefusalReason, Refused, Unknown } from '../contract.ts'
import { UNRECOGNISED } from '../contract.ts'
import { bearerHeaders } from '../kit/bearer.ts'
import { Words } from '../kit/words.ts'
import { encodeForm, type Form } from './form.ts'

/** Without it the account's own default would decide what the answers look like. */
const API_VERSION = '2026-10-28.endive'

export type Reply<T> = { kind: 'done'; value: T } | Refused | Unknown

export function getCall(path: string, query: Form, credentials: Credentials): ProviderCall {
  return { method: 'GET', path: `${path}?${encodeForm(query)}`, headers: headersOf(credentials) }
}

/** @param idempotencyKey makes a repeat within 24 hours the same call; the same key must come with the same bytes */
export function postCall(path: string, form: Form, credentials: Credentials, idempotencyKey?: string): ProviderCall {
  const headers = { ...headersOf(credentials), 'content-type': 'application/x-www-form-urlencoded' }
  return {
    method: 'POST',
    path,
    headers: idempotencyKey === undefined ? headers : { ...headers, 'idempotency-key': idempotencyKey },
    body: encodeForm(form),
  }
}

const headersOf = (credentials: Credentials) => ({ ...bearerHeaders(credentials), 'stripe-version': API_VERSION })

const Text = z.string().nullish().catch(undefined)
const Failure = z.object({
  error: z.object({ type: Text, code: Text, param: Text, message: Words.nullish().catch(undefined) }),
})

/** An answer is done where it is 200, of the shape, and no error; an error where it is 400 or more, and says what. */
export function readReply<Shape extends z.ZodType>(
  shape: Shape,
  { status, body }: ProviderAnswer,
): Reply<z.output<Shape>> {
  const failure = Failure.safeParse(body)
  if (failure.success) return status < 400 ? UNRECOGNISED : readFailure(status, failure.data.error)
  const parsed = status === 200 ? shape.safeParse(body) : undefined
  return parsed?.success ? { kind: 'done', value: parsed.data } : UNRECOGNISED
}

function readFailure(status: number, { type, code, param, message }: z.output<typeof Failure>['error']) {
  // Neither says what was done, and neither does a key that is known for another request.
  const isUnclear = status === 409 || status === 424
  if (isUnclear || type === 'idempotency_error' || code === 'idempotency_key_in_use') return UNRECOGNISED
  const refused = (reason: RefusalReason): Refused => ({ kind: 'refused', reason, message: message ?? '' })
  if (status === 429) return refused('rate_limited')
  if (status === 401 || status === 403) return refused('credentials_refused')
  return refused(/currency/i.test(`${param} ${message}`) ? 'currency_not_supported' : 'request_refused')
}

/** A page of a list, newest first. `next` is what to start after; undefined on the last page. */
export function readPage<Row extends z.ZodType<{ id: string }>>(
  row: Row,
  answer: ProviderAnswer,
): Reply<{ rows: z.output<Row>[]; next: string | undefined }> {
  const reply = readReply(z.object({ data: z.array(row), has_more: z.boolean() }), answer)
  if (reply.kind !== 'done') return reply
  const { data: rows, has_more: hasMore } = reply.value
  if (!hasMore) return { kind: 'done', value: { rows, next: undefined } }
  const next = rows.at(-1)?.id
  return next === undefined ? UNRECOGNISED : { kind: 'done', value: { rows, next } }
}
