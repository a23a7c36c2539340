/** The driver inside workerd, where the Worker has it, against the bridge outside. */
import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import { beforeAll, expect, test } from 'vitest'
import { bridgeEndpoint, superuserUrl } from '../support/provided.ts'

neonConfig.fetchEndpoint = bridgeEndpoint
const sql = neon(superuserUrl('t_bridge_from_worker'))

beforeAll(async () => {
  await sql`CREATE TABLE payments (
    amount int8 CONSTRAINT payments_amount_positive CHECK (amount > 0),
    details jsonb, sealed bytea, scopes text[], paid_at timestamptz
  )`
})

test('a value of each kind goes there and back', async () => {
  const details = { currency: 'NGN', tags: ['a', null] }
  const sealed = new Uint8Array([0, 127, 255])
  const paidAt = new Date('2026-03-01T12:00:00.123Z')
  const [row] = await sql`
    INSERT INTO payments VALUES (${9_007_199_254_740_993n}, ${details}, ${sealed}, ${['read', 'it’s "x"']}, ${paidAt})
    RETURNING *`
  expect({ ...row, sealed: new Uint8Array(row?.sealed) }).toEqual({
    amount: '9007199254740993',
    details,
    sealed,
    scopes: ['read', 'it’s "x"'],
    paid_at: paidAt,
  })
})

test('a batch is all or nothing, and its error names the constraint', async () => {
  const insert = (amount: number) => sql`INSERT INTO payments (amount) VALUES (${amount})`
  const error = await sql.transaction([insert(77), insert(0)]).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(NeonDbError)
  expect(error).toMatchObject({ code: '23514', constraint: 'payments_amount_positive', table: 'payments' })
  expect(await sql`SELECT amount FROM payments WHERE amount = 77`).toEqual([])

  const [, rows] = await sql.transaction([insert(78), sql`SELECT amount FROM payments WHERE amount = 78`])
  expect(rows).toEqual([{ amount: '78' }])
})
