/** The way to Postgres: what it refuses unexpectedly is told without a value. */

import { neonConfig } from '@neondatabase/serverless'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connect, DatabaseError } from '../../../src/db/client.ts'
import { bridgeEndpoint, superuserUrl } from '../../support/provided.ts'

neonConfig.fetchEndpoint = bridgeEndpoint
const database = connect(superuserUrl('t_database_client'), { roundTrip: () => {}, entered: () => {} })

test('an error names what was broken, and repeats neither a parameter nor a row', async () => {
  const { db } = database
  const secret = 'a-secret-that-was-a-parameter'
  const failed = database.run(undefined, [
    db.execute(sql`create table kept (secret text constraint kept_short check (length(secret) < 5))`),
    db.execute(sql`insert into kept (secret) values (${secret})`),
  ])
  const error: unknown = await failed.catch((thrown) => thrown)
  expect(error).toBeInstanceOf(DatabaseError)
  expect(error).toMatchObject({ sqlState: '23514', message: expect.stringContaining('kept_short, kept') })
  const told = error instanceof Error ? [error.message, error.stack, String(error.cause), JSON.stringify(error)] : []
  expect(told.join()).not.toContain(secret)
})
