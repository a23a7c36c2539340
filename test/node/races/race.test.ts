/** What the other races here rest on: their contestants are at Postgres at the same time, each on a connection of its own. */
import { sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { enterWorker } from '../../../src/db/gate.ts'
import { openCourse, startTogether } from './race.ts'

const CONTESTANTS = 6

const course = await openCourse('race')
const { world, owner } = course

/** Takes the next lap as who looks first and writes afterwards: right as long as nobody else is at it. */
async function takeLap(): Promise<number> {
  const { db, run } = world.deps.worker
  const batch = await run(enterWorker(db, world.clock.now()), [
    db.execute(
      sql`insert into laps (pid, number) select pg_backend_pid(), 1 + (select count(*) from laps) returning number`,
    ),
  ])
  if (!batch.ok) throw new Error(batch.problem.code)
  return Number(batch.rows[0].rows[0]?.number)
}

beforeAll(async () => {
  await owner.rows('create table laps (pid integer, number bigint)')
  await owner.rows('grant select, insert on laps to paybridge_worker')
})

test('contestants overlap: each has a connection of its own, and what only one may do several do', async () => {
  let shared = 0
  for (let round = 0; round < 20; round++) {
    await owner.rows('delete from laps')
    const numbers = await startTogether(course, Array<typeof takeLap>(CONTESTANTS).fill(takeLap), 'laps')
    expect(await owner.value('select count(distinct pid)::int from laps')).toBe(CONTESTANTS)
    shared += CONTESTANTS - new Set(numbers).size
  }
  // Some went on while others did; with one connection there would be none.
  expect(shared).toBeGreaterThan(0)
})

test('a contestant that never comes to the line spoils the race', async () => {
  const strays = async () => 0
  await expect(startTogether(course, [takeLap, strays], 'laps')).rejects.toThrow('a contestant never came to laps')
})
