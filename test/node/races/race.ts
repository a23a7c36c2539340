/**
 * A race: contestants who do their work at the same moment, round after round, on a Postgres with many connections, and a
 * judge who looks in SQL at what became of it.
 */
import { afterAll, expect, vi } from 'vitest'
import { createWorld } from '../../support/world.ts'
import { openDatabase, type Session } from '../sql/actors.ts'

export const ROUNDS = 100

/** Rounds are many, and the machine may be busy. */
const PATIENCE_MS = 600_000

/** Where races are run: a world, and the owner of its database, who passes every wall. */
export async function openCourse(name: string) {
  vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })
  const database = await openDatabase(`t_races_${name}`)
  const world = await createWorld(`races_${name}`)
  const starter = await database.connect('owner')
  afterAll(() => database.close())
  return { world, database, owner: database.owner, starter }
}

export type Course = Awaited<ReturnType<typeof openCourse>>

export interface Race<Ground, Outcome> {
  /** What a round needs before its start. */
  prepare(round: number): Promise<Ground>
  contestants(ground: Ground): readonly (() => Promise<Outcome>)[]
  /** The table at which all contestants wait for each other; without one they only set off together. */
  line?: string
  judge(outcomes: Outcome[], ground: Ground): Promise<void>
}

/** Runs the rounds, and ends with what holds after every race: no error in the log, and the events without a gap. */
export async function race<Ground, Outcome>(
  course: Course,
  { prepare, contestants, line, judge }: Race<Ground, Outcome>,
) {
  for (let round = 1; round <= ROUNDS; round++) {
    const ground = await prepare(round)
    try {
      await judge(await startTogether(course, contestants(ground), line), ground)
    } catch (error) {
      throw new Error(`round ${round}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }
  await expectSound(course)
}

/** Starts them all. None gets past the line before each of them stands there: by then every one is in its transaction. */
export async function startTogether<T>(
  { starter, owner }: Course,
  contestants: readonly (() => Promise<T>)[],
  line?: string,
): Promise<T[]> {
  if (line === undefined) return Promise.all(contestants.map((run) => run()))
  const finish = await starter.transact(async () => {
    await starter.rows(`lock table ${line} in access exclusive mode`)
    let finished = 0
    const runs = contestants.map(async (run) => {
      try {
        return await run()
      } finally {
        finished += 1
      }
    })
    // Wrapped, for they end after the line is opened; a failure is heard there.
    const all = Promise.all(runs)
    all.catch(() => {})
    while ((await waitingAt(owner)) < contestants.length) {
      if (finished > 0) await Promise.race([all, Promise.reject(new Error(`a contestant never came to ${line}`))])
    }
    return { all }
  })
  return finish.all
}

/** How many of this database's sessions wait for a lock. */
async function waitingAt(owner: Session): Promise<number> {
  return Number(
    await owner.value(`select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'`),
  )
}

/** Nothing broke, also where it would have been tried again; and every merchant's events are numbered 1 to N. */
async function expectSound({ world, owner }: Course): Promise<void> {
  expect(world.logLines.filter((text) => text.includes('"level":"error"'))).toEqual([])
  const [numbers] = await owner.rows(
    `select count(*)::int as events, count(*) filter (where number <> place)::int as out_of_place
     from (select number, row_number() over (partition by merchant_id, mode order by number) as place from events) e`,
  )
  expect(numbers).toEqual({ events: expect.any(Number), out_of_place: 0 })
}
