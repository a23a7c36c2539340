/** One API call as its handlers see it, and a route as the call's edge sees it. */
import type { z } from 'zod'
import type { Account } from './account.ts'
import type { Books, Cause } from './books.ts'
import { expanded, requireExpandable } from './expand.ts'
import type { Fields } from './form.ts'
import { listWire } from './lists.ts'
import { readParams } from './params.ts'

export interface Call {
  readonly books: Books
  readonly account: Account
  readonly now: Date
  /** Of the path. */
  readonly id: string
  readonly cause: Cause
}

export type Wire = Readonly<Record<string, unknown>>

export interface ApiRoute {
  method: 'GET' | 'POST'
  /** Under `/v1`. */
  path: string
  /** What a fault names to strike only here. */
  operation: string
  /** Reads the parameters, with no effect yet: what it refuses is not saved. @throws Refusal */
  prepare(fields: Fields): (call: Call) => Wire
}

interface Declared<P> {
  schema: z.ZodType<P>
  /** Parameters in which the empty string means something. */
  clearable?: readonly string[]
}

type Expanding = { expand?: string[] | undefined }

/** Answers one object. */
export function route<P extends Expanding>(
  [method, path, operation]: readonly [ApiRoute['method'], string, string],
  kind: string,
  { schema, clearable = [] }: Declared<P>,
  handle: (call: Call, params: P) => Wire,
): ApiRoute {
  return {
    method,
    path,
    operation,
    prepare(fields) {
      const params = readParams(schema, fields, clearable)
      const { expand = [] } = params
      requireExpandable(expand, kind, false)
      return (call) => expanded(call.books, call.account, handle(call, params), expand)
    },
  }
}

/** Answers one page of a list. */
export function listRoute<P extends Expanding>(
  path: string,
  operation: string,
  kind: string,
  schema: z.ZodType<P>,
  handle: (call: Call, params: P) => { data: readonly Wire[]; hasMore: boolean },
): ApiRoute {
  return {
    method: 'GET',
    path,
    operation,
    prepare(fields) {
      const params = readParams(schema, fields, [])
      const { expand = [] } = params
      requireExpandable(expand, kind, true)
      return (call) => {
        const { data, hasMore } = handle(call, params)
        return expanded(call.books, call.account, listWire(`/v1${path.replace(':id', call.id)}`, data, hasMore), expand)
      }
    },
  }
}
