/**
 * What a page of a list costs in a large database, as a ratio to the same page in a small one. The statements are those that
 * the built Worker sends; they are timed in both databases by turns, as the API's role behind the gate.
 */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { newApiKey } from '../../src/crypto/api-key.ts'
import type { Figure } from '../figure.ts'
import { type BenchDatabase, startBenchDatabase } from '../platform/bench-database.ts'
import { startBenchWorker } from '../platform/bench-worker.ts'
import { type SentStatement, startRecorder } from '../platform/recorder.ts'
import { fill, idAt, rowsOfLarge } from './fill.ts'
import { type ListQuery, listQueries } from './lists.ts'

const RATIO_MAX = 1.5
const SAMPLES = 9
/** A page that missed is timed again: a machine that was busy elsewhere is not so each time, and a scan is there each time. */
const ROUNDS_AGAIN = 4
const SAMPLES_AGAIN = 41

export interface ScaleOptions {
  /** Of the ten million transactions; 1 for all of them. */
  share: number
  tell(line: string): void
}

/** A page that was timed. */
export interface PageFigure {
  route: string
  query: string
  page: string
  rows: { small: number; large: number }
  ms: { small: number; large: number }
  ratio: number
}

interface Sides<T> {
  small: T
  large: T
}

/** Each list's worst page, and the disk that it took. Takes minutes, and some 15 GB in the temporary folder at a share of 1. */
export async function measureScale(options: Partial<ScaleOptions> = {}): Promise<Figure[]> {
  return figuresOf(await measurePages({ share: 1, tell: () => {}, ...options }))
}

/** Every page of every list by every combination of its filters. */
export async function measurePages({ share, tell }: ScaleOptions): Promise<PageFigure[]> {
  await using small = await startBenchDatabase()
  await using large = await startBenchDatabase()
  const key = await newApiKey('live', (length) => new Uint8Array(randomBytes(length)))
  await fill(urlOf(small.owner), undefined, key.hash, () => {})
  await fill(urlOf(large.owner), share, key.hash, tell)
  const { rows } = await large.owner.query<{ size: string }>(
    'select pg_size_pretty(pg_database_size(current_database())) as size',
  )
  tell(`the large database takes ${rows[0]?.size}`)
  return measurePagesOf({ small, large }, key.key, { share, tell })
}

/** @param key the API key of the big merchant in both */
export async function measurePagesOf(
  { small, large }: Sides<BenchDatabase>,
  key: string,
  { share, tell }: ScaleOptions,
): Promise<PageFigure[]> {
  await using recorder = await startRecorder(large.endpoint)
  await using worker = await startBenchWorker({
    ENVIRONMENT: 'local',
    DATABASE_URL: large.urlOf('paybridge_api'),
    WORKER_DATABASE_URL: large.urlOf('paybridge_worker'),
    LOCAL_DATABASE_ENDPOINT: recorder.url,
    SEALING_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    TOKEN_KEYS: `bench:${randomBytes(32).toString('base64')}`,
  })
  const ask = async (path: string) => {
    const response = await fetch(`${worker.url}${path}`, { headers: { authorization: `Bearer ${key}` } })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`)
    const [sent] = recorder.take()
    return { body: JSON.parse(text) as Record<string, unknown>, sent: sent?.statements ?? [] }
  }
  const queries = listQueries((await ask('/api/schema/')).body)
  const measured: PageFigure[] = []
  for (const [index, query] of queries.entries()) {
    for (const { page, paths } of await pagesOf(query, ask, share)) {
      const { sent: ofLarge } = await ask(paths.large)
      const ofSmall = paths.small === paths.large ? ofLarge : (await ask(paths.small)).sent
      const sides = { small: { database: small, sent: ofSmall }, large: { database: large, sent: ofLarge } }
      let timed = await timeByTurns(sides, SAMPLES)
      for (let round = 0; round < ROUNDS_AGAIN && timed.ratio > RATIO_MAX; round++) {
        timed = await timeByTurns(sides, SAMPLES_AGAIN)
      }
      measured.push({ route: query.route, query: query.name, page, ...timed })
    }
    if (index % 50 === 49) tell(`${index + 1} of ${queries.length} queries are measured`)
  }
  return measured
}

type Ask = (path: string) => Promise<{ body: Record<string, unknown>; sent: SentStatement[] }>

/** The first page and, where there are more, one in the middle and one near the end. */
async function pagesOf(query: ListQuery, ask: Ask, share: number): Promise<{ page: string; paths: Sides<string> }[]> {
  const search = (extra: Record<string, string> = {}) =>
    `${query.path}?${new URLSearchParams({ ...query.filters, ...extra })}`
  const first = { page: 'first', paths: { small: search(), large: search() } }
  if (!query.isPaged) return [first]
  if (query.pagedBy === 'after') {
    const events = rowsOfLarge('events', share) / 10
    const at = (part: number) => ({
      small: search({ after: String(1_000 * part) }),
      large: search({ after: String(events * part) }),
    })
    return [first, { page: 'middle', paths: at(0.5) }, { page: 'end', paths: at(0.85) }]
  }
  const cursor = (await ask(first.paths.large)).body.next_cursor
  if (typeof cursor !== 'string') return [first]
  const at = (part: number) => {
    const path = search({ cursor: idAt(cursor.slice(0, 3) as 'txn', part) })
    return { small: path, large: path }
  }
  return [first, { page: 'middle', paths: at(0.5) }, { page: 'end', paths: at(0.15) }]
}

interface Side {
  database: BenchDatabase
  /** The gate, and what follows it. */
  sent: readonly SentStatement[]
}

/** Medians of the statements behind the gate, in milliseconds, and how many rows they gave. */
async function timeByTurns(
  { small, large }: Sides<Side>,
  samples: number,
): Promise<Pick<PageFigure, 'rows' | 'ms' | 'ratio'>> {
  const [ofSmall, ofLarge]: [number[], number[]] = [[], []]
  await enter(small)
  await enter(large)
  const rows = { small: (await time(small)).rows, large: (await time(large)).rows }
  for (let sample = 0; sample < samples; sample++) {
    ofSmall.push((await time(small)).ms)
    ofLarge.push((await time(large)).ms)
  }
  await small.database.owner.query('rollback')
  await large.database.owner.query('rollback')
  const ms = { small: median(ofSmall), large: median(ofLarge) }
  return { rows, ms, ratio: ms.large / ms.small }
}

async function enter({ database: { owner }, sent: [gate] }: Side): Promise<void> {
  if (gate === undefined) throw new Error('a list was read without a gate')
  await owner.query('begin')
  await owner.query('set local role paybridge_api')
  await owner.query(gate.query, gate.params)
}

async function time({ database: { owner }, sent }: Side): Promise<{ ms: number; rows: number }> {
  const began = performance.now()
  let rows = 0
  for (const { query, params } of sent.slice(1)) rows += (await owner.query(query, params)).rowCount ?? 0
  return { ms: performance.now() - began, rows }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const urlOf = (client: pg.Client): string =>
  `postgres://${client.user}:${client.password}@${client.host}:${client.port}/${client.database}`

/** A line for each list: its worst page, and every other that misses. */
export function figuresOf(pages: readonly PageFigure[]): Figure[] {
  return [...Map.groupBy(pages, ({ route }) => route)].flatMap(([route, ofRoute]) => {
    const worstFirst = ofRoute.toSorted((a, b) => b.ratio - a.ratio)
    return worstFirst
      .filter(({ ratio }, place) => place === 0 || ratio > RATIO_MAX)
      .map(
        ({ query, page, ratio, ms, rows }): Figure => ({
          what: `page of ${route} at 10M to 10k`,
          value: ratio,
          unit: 'ratio',
          target: { is: 'at most', value: RATIO_MAX },
          note:
            `worst of ${ofRoute.length} pages: ${page} page by ${query || 'nothing'}; ` +
            `${ms.large.toFixed(2)} to ${ms.small.toFixed(2)} ms, ${rows.large} to ${rows.small} rows`,
        }),
      )
  })
}
