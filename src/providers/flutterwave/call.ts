/** What Flutterwave's envelope says of a call, the same for every path, and a page of its lists. */

import * as z from 'zod'
import { type Conversation, type Credentials, type ProviderCall, UNRECOGNISED } from '../contract.ts'
import { getJson } from '../kit/bearer.ts'
import { type Page, type Reply, refusalOf } from '../kit/reply.ts'
import { Words } from '../kit/words.ts'
import { Envelope, ListMeta } from './wire.ts'

export function* ask(call: ProviderCall): Conversation<Reply> {
  const { status, body } = yield call
  const { status: outcome, message, data, meta } = Envelope.safeParse(body).data ?? {}
  if (outcome === 'success') return status === 200 ? { kind: 'done', data, meta } : UNRECOGNISED
  // 200 with an error has been reported; 401 and 429 are clear without any envelope.
  const isRefusal = status === 401 || status === 429 || (outcome === 'error' && (status === 200 || status >= 400))
  if (!isRefusal) return UNRECOGNISED
  // The reason of "Some error occured" stands in `data`.
  const words = Words.safeParse(data).data || message || ''
  // A public key is told so as bad input.
  const key = status === 401 || /secret key|authorization (key|required)/i.test(words)
  return refusalOf(words, { limit: status === 429, key })
}

/** There are no stable codes, and its status is 400 or 404: the text decides. */
export const isNotFound = (reply: Reply): boolean =>
  reply.kind === 'refused' && /^no transaction was found/i.test(reply.message)

/** Reads any page of a list, by its number from 1. */
export const pagesOf = <T>(path: string, filter: Record<string, string>, key: Credentials, Row: z.ZodType<T>) =>
  function* (page: number): Conversation<Page<T>> {
    const reply = yield* ask(getJson(path, key, { ...filter, page: `${page}` }))
    if (isNotFound(reply)) return { kind: 'page', rows: [], isLast: true }
    if (reply.kind !== 'done') return reply
    const rows = z.array(Row).safeParse(reply.data)
    const meta = ListMeta.safeParse(reply.meta)
    if (!rows.success || !meta.success) return UNRECOGNISED
    const info = meta.data?.page_info
    // Another page than was asked for: one of them would never be seen.
    if (info && rows.data.length > 0 && info.current_page !== page) return UNRECOGNISED
    // Ten rows are a full page: without a number of pages there may be another.
    const isLast = info ? page >= info.total_pages : rows.data.length < 10
    return { kind: 'page', rows: rows.data, isLast }
  }
