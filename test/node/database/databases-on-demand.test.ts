/** A test file's own database comes into being when it is first named. */
import { afterAll, expect, inject, test } from 'vitest'
import { openPgBackend } from '../../../local/database/pg-backend.ts'
import { withSqlSession } from '../../../local/database/sql-session.ts'
import { withDatabasesOnDemand } from '../../support/databases-on-demand.ts'
import { superuserUrl } from '../../support/provided.ts'

const { username: user, password } = new URL(superuserUrl('postgres'))
const postgres = openPgBackend({ host: '127.0.0.1', port: inject('postgresPort') })
afterAll(() => postgres.close())

const create = (name: string) =>
  withSqlSession(superuserUrl('postgres'), (session) => session.execute(`CREATE DATABASE ${name}`))

function open(copyTemplate: (name: string) => Promise<unknown>) {
  const backend = withDatabasesOnDemand(postgres, copyTemplate)
  return async (database: string) => {
    const statement = { query: 'SELECT current_database()', params: [] }
    const [result] = await backend.execute({ user, password, database }, { kind: 'statement', statement })
    return result?.rows
  }
}

test('the first requests to a database make it once, whatever their number', async () => {
  const made: string[] = []
  const ask = open((name) => {
    made.push(name)
    return create(name)
  })
  expect(await Promise.all([ask('t_demand'), ask('t_demand'), ask('t_other')])).toEqual([
    [['t_demand']],
    [['t_demand']],
    [['t_other']],
  ])
  expect(made).toEqual(['t_demand', 't_other'])
})

test('a database that somebody else made is taken as it is', async () => {
  await create('t_made_before')
  expect(await open(create)('t_made_before')).toEqual([['t_made_before']])
})

test('a failure to make one is told, and tried again by the next request', async () => {
  let failures = 1
  const ask = open((name) => (failures-- > 0 ? Promise.reject(new Error('The disk is full')) : create(name)))
  await expect(ask('t_second_try')).rejects.toThrow('The disk is full')
  expect(await ask('t_second_try')).toEqual([['t_second_try']])
})

test.each(['nowhere', 't_"; DROP DATABASE postgres', 'T_UPPER'])('%s is not made', async (database) => {
  await expect(open(create)(database)).rejects.toMatchObject({ code: '3D000' })
})
