/** An API call as it came in, and the answers that go out to it with the headers that Stripe gives all of them. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Answer } from './idempotency.ts'
import { newId } from './ids.ts'
import { docUrl } from './intent-wire.ts'
import type { Refusal } from './refusal.ts'

export interface Incoming {
  readonly requestId: string
  readonly secretKey: string | undefined
  /** Undefined when the key is none. */
  readonly account: Account | undefined
  readonly method: string
  /** With `/v1`, without what the simulator itself stands under. */
  readonly path: string
  /** The body of a POST, the query of a GET. */
  readonly form: string
  readonly version: string | null
  /** Null on a GET, too, where a key counts for nothing. */
  readonly idempotencyKey: string | null
}

export async function incoming(books: Books, request: Request): Promise<Incoming> {
  const secretKey = secretKeyOf(request.headers.get('authorization') ?? '')
  const url = new URL(request.url)
  const isPost = request.method === 'POST'
  return {
    requestId: newId(books.world, 'req', 14),
    secretKey,
    account: secretKey === undefined ? undefined : books.accounts.find(secretKey),
    method: request.method,
    path: url.pathname.slice(new URL(books.baseUrl).pathname.replace(/\/$/, '').length),
    // Decoded by hand: workerd warns of a form that is read as a text.
    form: isPost ? new TextDecoder().decode(await request.arrayBuffer()) : url.search.slice(1),
    version: request.headers.get('stripe-version'),
    idempotencyKey: isPost ? request.headers.get('idempotency-key') : null,
  }
}

/** From a Bearer token, or from the user name of HTTP Basic. */
function secretKeyOf(authorization: string): string | undefined {
  const [, scheme = '', token = ''] = /^(Bearer|Basic) (\S+)$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() !== 'basic') return token === '' ? undefined : token
  try {
    return atob(token).split(':')[0]
  } catch {
    return undefined
  }
}

/** An error as the body of an answer. */
export function refusalAnswer({ requestId, account }: Incoming, { error, httpStatus }: Refusal): Answer {
  const mode = account?.mode === 'test' ? 'test/' : ''
  const body = {
    error: {
      ...error,
      ...(error.code !== undefined && { doc_url: docUrl(error.code) }),
      request_log_url: `https://dashboard.stripe.example/${mode}logs/${requestId}`,
    },
  }
  return { status: httpStatus, body: JSON.stringify(body, null, 2) }
}

interface Extra {
  /** The request whose answer this is, when it isn't this one. */
  replayedFrom?: string
  headers?: Record<string, string>
}

export function respond(call: Incoming, answer: Answer, { replayedFrom, headers = {} }: Extra = {}): Response {
  const { requestId, idempotencyKey } = call
  const version = call.version ?? call.account?.settings.apiVersion
  return new Response(answer.body, {
    status: answer.status,
    headers: {
      'content-type': 'application/json',
      'request-id': requestId,
      ...(version !== undefined && { 'stripe-version': version }),
      ...(idempotencyKey !== null && {
        'idempotency-key': idempotencyKey,
        'original-request': replayedFrom ?? requestId,
      }),
      ...(call.method === 'POST' && { 'stripe-should-retry': String(RETRIED.has(answer.status)) }),
      ...(replayedFrom !== undefined && { 'idempotent-replayed': 'true' }),
      ...headers,
    },
  })
}

/** What passes by itself. A 500 is saved as likely as not, and a limiter wants to be left alone. */
const RETRIED: ReadonlySet<number> = new Set([409, 503])

export function refuse(call: Incoming, refusal: Refusal, headers?: Record<string, string>): Response {
  return respond(call, refusalAnswer(call, refusal), headers === undefined ? {} : { headers })
}
