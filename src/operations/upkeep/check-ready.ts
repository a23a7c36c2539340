/** Whether the service can do its work: the database answers. One round trip. */

import { sql } from 'drizzle-orm'
import { enterWorker } from '../../db/gate.ts'
import type { Deps } from '../deps.ts'

export async function isReady(deps: Deps): Promise<boolean> {
  const { db } = deps.worker
  try {
    const answered = await deps.worker.run(enterWorker(db, deps.clock.now()), [db.execute(sql`select 1`)])
    return answered.ok
  } catch (error) {
    deps.log.error('database_not_ready', error)
    return false
  }
}
