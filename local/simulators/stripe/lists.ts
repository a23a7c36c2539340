/** Stripe's lists: newest first, from one id on, between two times (sheet, section 1). */
import { z } from 'zod'
import { seconds } from './ids.ts'
import { integer, params, text } from './params.ts'
import { noSuch } from './refusal.ts'

interface Row {
  readonly id: string
  readonly createdAt: Date
}

const MOST_ROWS = 100
const USUAL_ROWS = 10

const created = z.union([
  integer(),
  z.strictObject({
    gt: integer().optional(),
    gte: integer().optional(),
    lt: integer().optional(),
    lte: integer().optional(),
  }),
])

const paging = {
  limit: integer({ min: 1, max: MOST_ROWS }).optional(),
  starting_after: text().optional(),
  ending_before: text().optional(),
}

/** The parameters of a list, with the filters that it has besides. */
export function listParams<S extends z.ZodRawShape>(filters: S) {
  return params({ ...paging, created: created.optional(), ...filters })
}

/** The parameters of a list that belongs to one object. */
export const innerListParams = params(paging)

interface Asked {
  limit?: number | undefined
  starting_after?: string | undefined
  ending_before?: string | undefined
  created?: z.infer<typeof created> | undefined
}

/** @param rows in order of creation @throws Refusal when an id to start from is not among them */
export function pageOf<R extends Row>(rows: readonly R[], asked: Asked, kind: string) {
  const { limit = USUAL_ROWS } = asked
  const newestFirst = rows.filter((row) => isWithin(seconds(row.createdAt), asked.created)).reverse()
  const placeOf = (id: string, param: string): number => {
    // The row to start from may lie outside the filter.
    const row = rows.find((candidate) => candidate.id === id)
    if (row === undefined) throw noSuch(kind, id, param)
    const newer = new Set(rows.slice(rows.indexOf(row)))
    return newestFirst.filter((candidate) => newer.has(candidate)).length
  }
  if (asked.ending_before !== undefined) {
    const end = placeOf(asked.ending_before, 'ending_before')
    const newer = newestFirst.slice(0, end).filter(({ id }) => id !== asked.ending_before)
    return { rows: newer.slice(-limit), hasMore: newer.length > limit }
  }
  const start = asked.starting_after === undefined ? 0 : placeOf(asked.starting_after, 'starting_after')
  const older = newestFirst.slice(start)
  return { rows: older.slice(0, limit), hasMore: older.length > limit }
}

function isWithin(at: number, range: Asked['created']): boolean {
  if (range === undefined) return true
  if (typeof range === 'number') return at === range
  const { gt, gte, lt, lte } = range
  return (
    at > (gt ?? Number.NEGATIVE_INFINITY) &&
    at >= (gte ?? Number.NEGATIVE_INFINITY) &&
    at < (lt ?? Number.POSITIVE_INFINITY) &&
    at <= (lte ?? Number.POSITIVE_INFINITY)
  )
}

export function listWire(url: string, data: readonly unknown[], hasMore: boolean) {
  return { object: 'list', data, has_more: hasMore, url }
}
