/** What Drizzle over the driver may rely on. Apart from the driver's own tests because Drizzle changes its parsers for all. */
import { neon } from '@neondatabase/serverless'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/neon-http'
import { bigint, customType, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Platform, platforms } from './platforms.ts'

const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

const notes = pgTable('notes', { id: bigint({ mode: 'bigint' }).generatedAlwaysAsIdentity(), body: text().notNull() })

const values = pgTable('every_value', {
  amount: bigint({ mode: 'bigint' }),
  details: jsonb(),
  sealed: bytea(),
  scopes: text().array(),
  at: timestamp({ withTimezone: true }),
  nothing: text(),
})

describe.each(platforms)('the bridge over $name, to Drizzle', ({ open }) => {
  let platform: Platform
  const connect = () => drizzle(neon(platform.url('drizzle_alice')))

  beforeAll(async () => {
    platform = await open('drizzle')
  })
  afterAll(() => platform.close())

  test('a batch is one request, and answers each statement with its rows', async () => {
    const db = connect()
    const before = platform.bridge.requestCount()
    const [inserted, selected] = await db.batch([
      db.insert(notes).values({ body: 'by Drizzle' }).returning({ body: notes.body }),
      db.select({ body: notes.body }).from(notes).where(sql`${notes.body} = 'by Drizzle'`),
    ])
    expect(platform.bridge.requestCount() - before).toBe(1)
    expect(inserted).toEqual([{ body: 'by Drizzle' }])
    expect(selected).toEqual([{ body: 'by Drizzle' }])
  })

  test('a batch whose second statement fails leaves nothing, and tells the constraint', async () => {
    const db = connect()
    const batch = db.batch([db.insert(notes).values({ body: 'undone' }), db.insert(notes).values({ body: '' })])
    await expect(batch).rejects.toMatchObject({ code: '23514', constraint: 'notes_body_says_something' })
    expect(await db.$count(notes, sql`${notes.body} = 'undone'`)).toBe(0)
  })

  test('a value of each kind comes back as it went in', async () => {
    const row = {
      amount: 9_007_199_254_740_993n,
      details: { currency: 'NGN', parts: [1, null] },
      sealed: new Uint8Array([0, 1, 255]),
      scopes: ['payments:read', 'it’s "quoted"'],
      at: new Date('2026-03-01T12:00:00.123Z'),
      nothing: null,
    }
    const db = connect()
    const [, [stored]] = await db.batch([db.insert(values).values(row), db.select().from(values)])
    expect({ ...stored, sealed: new Uint8Array(stored?.sealed ?? []) }).toEqual(row)
  })
})
