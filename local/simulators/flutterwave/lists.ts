/** Flutterwave's lists: newest first, ten to a page, narrowed by equal fields and by days (sheet, section 4). */
import type { Reply } from './call.ts'

const PER_PAGE = 10

interface Row {
  readonly id: number
  readonly createdAt: Date
}

/** `filters` reads, for the name of each parameter, what has to equal it. */
export function listReply<R extends Row>(
  message: string,
  rows: readonly R[],
  query: URLSearchParams,
  filters: Readonly<Record<string, (row: R) => unknown>>,
  print: (row: R) => unknown,
): Reply {
  const asked = Object.entries(filters).filter(([name]) => (query.get(name) ?? '') !== '')
  const wanted = rows
    .filter((row) => asked.every(([name, read]) => String(read(row)) === query.get(name)))
    .filter(({ createdAt }) => isBetween(createdAt, query))
    .sort((a, b) => b.id - a.id)
  const page = /^[1-9]\d*$/.test(query.get('page') ?? '') ? Number(query.get('page')) : 1
  const page_info = { total: wanted.length, current_page: page, total_pages: Math.ceil(wanted.length / PER_PAGE) }
  const data = wanted.slice((page - 1) * PER_PAGE, page * PER_PAGE).map(print)
  return { message, data, meta: { page_info } }
}

/** Whole days, both ends included. */
function isBetween(at: Date, query: URLSearchParams): boolean {
  const day = dayOf(at.toISOString())
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? '']
  return (from === '' || day >= dayOf(from)) && (to === '' || day <= dayOf(to))
}

function dayOf(isoTime: string): string {
  return isoTime.slice(0, 10)
}
