/** Paystack's lists: newest first, by page or by cursor, between two dates (sheet, section 1). */

interface Row {
  readonly id: number
  readonly createdAt: Date
}

const PER_PAGE = 50
const PER_PAGE_MAX = 100

/** `cursors` where Paystack offers them: not for refunds. */
export function page<R extends Row>(rows: readonly R[], query: URLSearchParams, cursors: 'cursors' | 'pages') {
  const perPage = Math.min(positive(query.get('perPage') ?? query.get('per_page'), PER_PAGE), PER_PAGE_MAX)
  const newestFirst = rows.filter((row) => isBetween(row.createdAt, query)).sort((a, b) => b.id - a.id)
  if (cursors === 'cursors' && query.get('use_cursor') === 'true') return cursorPage(newestFirst, query, perPage)

  const number = positive(query.get('page'), 1)
  const skipped = (number - 1) * perPage
  const total = newestFirst.length
  const meta = { total, skipped, perPage, page: number, pageCount: Math.ceil(total / perPage) }
  return { rows: newestFirst.slice(skipped, skipped + perPage), meta }
}

function cursorPage<R extends Row>(newestFirst: readonly R[], query: URLSearchParams, perPage: number) {
  const after = cursorId(query.get('next'))
  const before = cursorId(query.get('previous'))
  const older = newestFirst.filter((row) => after === undefined || row.id < after)
  const newer = newestFirst.filter((row) => before !== undefined && row.id > before)
  const rows = before === undefined ? older.slice(0, perPage) : newer.slice(-perPage)
  const first = rows[0]
  const last = rows.at(-1)
  const next = last !== undefined && last !== newestFirst.at(-1) ? cursorOf(last) : null
  const previous = first !== undefined && first !== newestFirst[0] ? cursorOf(first) : null
  return { rows, meta: { next, previous, perPage } }
}

/** Base64 of a word and the id, as in the recorded list. */
function cursorOf(row: Row): string {
  return btoa(`undefined:${row.id}`)
}

function cursorId(cursor: string | null): number | undefined {
  if (cursor === null) return undefined
  try {
    return positive(atob(cursor).split(':')[1] ?? null, 0) || undefined
  } catch {
    return undefined
  }
}

function positive(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : otherwise
}

function isBetween(at: Date, query: URLSearchParams): boolean {
  const from = Date.parse(query.get('from') ?? '')
  const to = Date.parse(query.get('to') ?? '')
  return !(at.getTime() < from || at.getTime() > to)
}
