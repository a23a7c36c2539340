/** A process that runs seeds of the simulator, in a database of its own at the run's Postgres. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { withSqlSession } from '../../../local/database/sql-session.ts'
import type { Report } from '../../../sim/worker.ts'
import { superuserUrl } from '../../support/provided.ts'

const SCRIPT = join(import.meta.dirname, '../../../sim/worker.ts')

export interface SeedRunner {
  run(seed: number): Promise<Report>
  stop(): void
}

/** @param database of this name: lower case, unique among the tests */
export async function startSeedRunner(database: string): Promise<SeedRunner> {
  await withSqlSession(superuserUrl('postgres'), (session) =>
    session.execute(`create database ${database} template paybridge_template`),
  )
  const child: ChildProcess = fork(SCRIPT, [superuserUrl(database)])
  await once(child, 'message')
  return {
    async run(seed) {
      const answered = once(child, 'message')
      child.send({ seed, trace: true })
      const [report]: Report[] = await answered
      if (report === undefined) throw new Error('no report')
      return report
    },
    stop: () => child.disconnect(),
  }
}
