/** What every provider's answers come down to, once its envelope is read; and lists that are numbered by page. */

import { type Conversation, type CredentialCheck, type Refused, UNRECOGNISED, type Unknown } from '../contract.ts'

/** `done`: the provider did what it was asked, which says nothing about money. */
export type Reply = { kind: 'done'; data: unknown; meta: unknown } | Refused | Unknown

/** To a call that a wrong key fails. Only a word about the key speaks against it. */
export function credentialCheckOf(reply: Reply): CredentialCheck {
  if (reply.kind === 'done') return { kind: 'valid' }
  const isOfKey = reply.kind === 'refused' && reply.reason === 'credentials_refused'
  return isOfKey ? { kind: 'invalid', message: reply.message } : UNRECOGNISED
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
