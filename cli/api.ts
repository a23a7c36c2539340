/** PayBridge's HTTP API, as any merchant's program sees it. */
import { z } from 'zod'
import { Failure, Refusal } from './failure.ts'
import type { Target } from './target.ts'

const ANSWER_WITHIN_MS = 15_000

const problem = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  request_id: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
})

export interface Asked<T> {
  path: string
  query?: Record<string, string | number | undefined>
  /** Sent by POST. */
  body?: object
  answer: z.ZodType<T>
  /** Waits so much longer for the answer. */
  waitMs?: number
  signal?: AbortSignal
}

/** @throws Failure: Refusal where the API answered with a problem; the signal's reason */
export type Api = <T>(asked: Asked<T>) => Promise<T>

export function createApi({ apiUrl, key }: Target): Api {
  return async ({ path, query = {}, body, answer, waitMs = 0, signal }) => {
    const url = new URL(`${apiUrl}${path}`)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const patience = AbortSignal.timeout(ANSWER_WITHIN_MS + waitMs)
    const init = {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    }
    const { response, text } = await send(url, init).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw new Failure(
        3,
        'unreachable',
        sayUnreachable(apiUrl, patience.aborted ? 'no answer in time' : reasonOf(error)),
      )
    })
    const json = parseJson(text)
    if (!response.ok) throw refusal(response, json)
    const read = answer.safeParse(json)
    if (read.success) return read.data
    throw new Failure(
      1,
      'unexpected_answer',
      `${apiUrl} did not answer ${path} as PayBridge does: is it another service?`,
    )
  }
}

async function send(url: URL, init: RequestInit) {
  const response = await fetch(url, init)
  return { response, text: await response.text() }
}

function refusal(response: Response, json: unknown): Refusal {
  const { status, headers } = response
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  const more = { status, fields: [], retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter }
  const told = problem.safeParse(json).data
  if (told === undefined)
    return new Refusal('unexpected_answer', `The API answered ${status}, and not with a problem.`, more)
  const { code, title, detail, errors, request_id } = told
  const sentences = [
    title,
    ...(detail === undefined ? [] : [detail]),
    ...errors.map(({ field, message }) => `${field} ${message}.`),
    ...(status === 401 ? ['Pass another key with --key or PAYBRIDGE_API_KEY.'] : []),
    ...(request_id === undefined ? [] : [`(${code}, ${request_id})`]),
  ]
  return new Refusal(code, sentences.join(' '), { ...more, fields: errors.map(({ field }) => field) })
}

function sayUnreachable(apiUrl: string, why: string): string {
  return `${apiUrl} is not reached: ${why}. "npm run dev" starts the local platform; --api-url or PAYBRIDGE_API_URL names another.`
}

/** Why a request came to nothing: `fetch` has the reason as its error's cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
