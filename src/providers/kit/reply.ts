/** What every provider's answers come down to, once its envelope is read; and lists that are numbered by page. */

import {
  type Conversation,
  type CredentialCheck,
  type ListedRefunds,
  type Refused,
  type ReportedRefund,
  UNRECOGNISED,
  type Unknown,
} from '../contract.ts'

/** `done`: the provider did what it was asked, which says nothing about money. */
export type Reply = { kind: 'done'; data: unknown; meta: unknown } | Refused | Unknown

/** To a call that a wrong key fails. Only a word about the key speaks against it. */
export function credentialCheckOf(reply: Reply): CredentialCheck {
  if (reply.kind === 'done') return { kind: 'valid' }
  const isOfKey = reply.kind === 'refused' && reply.reason === 'credentials_refused'
  return isOfKey ? { kind: 'invalid', message: reply.message } : UNRECOGNISED
}

/**
 * What a refusal comes to, where there are no codes to go by.
 * @param message the provider's; where it speaks of neither, it tells whether the currency is what stands in the way
 */
export function refusalOf(message: string, speaksOf: { limit: boolean; key: boolean }): Refused {
  const refused = (reason: Refused['reason']): Refused => ({ kind: 'refused', reason, message })
  if (speaksOf.limit) return refused('rate_limited')
  if (speaksOf.key) return refused('credentials_refused')
  return refused(/currency/i.test(message) ? 'currency_not_supported' : 'request_refused')
}

export type Page<T> = { kind: 'page'; rows: T[]; isLast: boolean } | Refused | Unknown

export type Rows<T> = { kind: 'rows'; rows: T[] } | Refused | Unknown

/**
 * Every row of a list: all of them or none. The exchange bounds the calls, and with them a list without an end.
 * @param readPage is given the page's number, from 1
 */
export function* readAll<T>(readPage: (page: number) => Conversation<Page<T>>): Conversation<Rows<T>> {
  const rows: T[] = []
  for (let page = 1; ; page++) {
    const read = yield* readPage(page)
    if (read.kind !== 'page') return read
    rows.push(...read.rows)
    if (read.isLast) return { kind: 'rows', rows }
  }
}

/** A page of a list that is read over time, with the cursor of the next one; undefined on the last. */
export type CursorPage<T> = { kind: 'page'; rows: T[]; next: string | undefined } | Refused | Unknown

/**
 * Reads the page that the cursor leads to, which is its number.
 * @param cursor undefined for the first page
 */
export function* readNumbered<T>(
  cursor: string | undefined,
  readPage: (page: number) => Conversation<Page<T>>,
): Conversation<CursorPage<T>> {
  const page = Number(cursor ?? 1)
  const read = yield* readPage(page)
  if (read.kind !== 'page') return read
  return { kind: 'page', rows: read.rows, next: read.isLast ? undefined : `${page + 1}` }
}

/**
 * A page of the provider's own list of refunds.
 * @param tell the refund, and the provider's id of its payment: without that it might be anybody's, and is passed over
 */
export function listedRefunds<T>(
  page: CursorPage<T>,
  tell: (row: T) => readonly [refund: ReportedRefund, providerTransactionId: string | null | undefined],
): ListedRefunds {
  if (page.kind !== 'page') return page
  const refunds = page.rows.map(tell).flatMap(([refund, providerTransactionId]) => {
    const { providerRefundId } = refund
    return providerRefundId && providerTransactionId ? [{ ...refund, providerRefundId, providerTransactionId }] : []
  })
  return { kind: 'page', refunds, next: page.next }
}
