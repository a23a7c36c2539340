/** Password verifiers, with a real Postgres as the authority on what they look like. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { matchesScramVerifier } from '../../../local/database/scram.ts'
import { withSqlSession } from '../../../local/database/sql-session.ts'
import { superuserUrl } from '../../support/provided.ts'

const PASSWORD = 'correct horse: battery $taple'

/** What a real Postgres keeps for the password. */
const verifier = await withSqlSession(superuserUrl('postgres'), async (session) => {
  await session.execute(`CREATE ROLE scram_test PASSWORD '${PASSWORD}'`)
  const rows = await session.execute(`SELECT rolpassword FROM pg_authid WHERE rolname = 'scram_test'`)
  return z.tuple([z.tuple([z.string()])]).parse(rows)[0][0]
})

test("Postgres's verifier proves the password that it was made from", async () => {
  expect(await matchesScramVerifier(PASSWORD, verifier)).toBe(true)
})

test.each([
  { what: 'another password', password: `${PASSWORD} `, given: verifier },
  { what: 'no password', password: '', given: verifier },
  { what: 'a verifier cut short', password: PASSWORD, given: verifier.slice(0, verifier.indexOf(':')) },
  { what: 'a stored key cut short', password: PASSWORD, given: verifier.replace(/\$[^$:]+:([^$]+)$/, '$AAAA:$1') },
  { what: 'an MD5 verifier', password: PASSWORD, given: 'md5d41d8cd98f00b204e9800998ecf8427e' },
  { what: 'an empty verifier', password: '', given: '' },
])('$what proves nothing', async ({ password, given }) => {
  expect(await matchesScramVerifier(password, given)).toBe(false)
})
