/** What the driver that the Worker runs may rely on, whichever database stands behind the bridge. */
import { NeonDbError, neon } from '@neondatabase/serverless'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asText, type Platform, platforms } from './platforms.ts'

describe.each(platforms)('the bridge over $name, to the real driver', ({ open }) => {
  let platform: Platform
  const as = (user: string) => neon(platform.url(user))

  beforeAll(async () => {
    platform = await open('bridge')
  })
  afterAll(() => platform.close())

  /** The error that the driver throws. */
  async function refusal(attempt: Promise<unknown>): Promise<NeonDbError> {
    const error = await attempt.then(
      () => undefined,
      (thrown) => thrown,
    )
    if (!(error instanceof NeonDbError)) throw new Error('Expected a NeonDbError', { cause: error })
    return error
  }

  describe('values', () => {
    test.each([
      { type: 'int8', text: '9007199254740993' },
      { type: 'int8', text: '-9223372036854775808' },
      { type: 'numeric', text: '12345678901234567890.10' },
      { type: 'bool', text: 't' },
      { type: 'text', text: '' },
      { type: 'text', text: `it's "quoted" \\ and é € 😀` },
      { type: 'jsonb', text: '{"a": [1, null, "x"]}' },
      { type: 'json', text: '{"b":1,  "a":2}' },
      { type: 'bytea', text: '\\x00ff10' },
      { type: 'text[]', text: '{a,"b c",NULL,"null"}' },
      { type: 'timestamptz', text: '2026-03-01 12:00:00.123456+00' },
      { type: 'uuid', text: '0192a1b2-0000-7000-8000-000000000001' },
      { type: 'inet', text: '10.0.0.0/8' },
      { type: 'int4', text: null },
    ])('$type $text comes back as it went in', async ({ type, text }) => {
      const rows = await as('bridge_alice').query(`SELECT $1::${type} AS value`, [text], { types: asText })
      expect(rows).toEqual([{ value: text }])
    })

    test('JavaScript values are read by their columns and parsed by their columns', async () => {
      const given = [
        true,
        7,
        8n,
        { a: 1 },
        new Date('2026-03-01T12:00:00Z'),
        new Uint8Array([0, 255]),
        ['a', 'b c'],
        null,
      ]
      const [row] = await as('bridge_alice').query(
        'SELECT $1::bool, $2::int4, $3::int8, $4::jsonb, $5::timestamptz, $6::bytea, $7::text[], $8::text',
        given,
        { arrayMode: true },
      )
      expect(row).toEqual([
        true,
        7,
        '8',
        { a: 1 },
        new Date('2026-03-01T12:00:00Z'),
        Buffer.from([0, 255]),
        ['a', 'b c'],
        null,
      ])
    })

    test('a parameter that holds NUL is refused', async () => {
      expect(await refusal(as('bridge_alice')`SELECT ${'a\0b'}::text`)).toMatchObject({ code: '22021' })
    })

    test('a large result arrives whole', async () => {
      const rows = await as('bridge_alice')`SELECT i, repeat('x', 200) AS filling FROM generate_series(1, 40000) AS i`
      expect(rows.length).toBe(40_000)
      expect(rows.at(-1)).toEqual({ i: 40_000, filling: 'x'.repeat(200) })
    })
  })

  describe('results', () => {
    test.each([
      { query: 'SELECT 1 AS one UNION SELECT 2', command: 'SELECT', rowCount: 2 },
      { query: "INSERT INTO notes (body) VALUES ('counted')", command: 'INSERT', rowCount: 1 },
      { query: "UPDATE counters SET value = value WHERE name = 'nobody'", command: 'UPDATE', rowCount: 0 },
      { query: 'SET lock_timeout = 1', command: 'SET', rowCount: null },
      { query: '', command: '', rowCount: null },
    ])('"$query" is a $command of $rowCount', async ({ query, command, rowCount }) => {
      const result = await as('bridge_alice').query(query, [], { fullResults: true })
      expect(result).toMatchObject({ command, rowCount })
    })

    test('fields carry the name and the type of each column', async () => {
      const { fields } = await as('bridge_alice').query('SELECT id, body FROM notes', [], { fullResults: true })
      expect(fields).toMatchObject([
        { name: 'id', dataTypeID: 20, columnID: 1, format: 'text' },
        { name: 'body', dataTypeID: 25, columnID: 3, format: 'text' },
      ])
    })

    test('in array mode columns of the same name stay apart', async () => {
      const result = await as('bridge_alice').query('SELECT 1 AS a, 2 AS a', [], { arrayMode: true, fullResults: true })
      expect(result).toMatchObject({ rows: [[1, 2]], rowAsArray: true })
    })
  })

  describe('a batch', () => {
    test('is one transaction, in which a statement sees those before it', async () => {
      const sql = as('bridge_alice')
      const [, seen, first, second] = await sql.transaction([
        sql`INSERT INTO notes (body) VALUES ('seen within the batch')`,
        sql`SELECT count(*) FROM notes WHERE body = 'seen within the batch'`,
        sql`SELECT pg_current_xact_id()::text AS id`,
        sql`SELECT pg_current_xact_id()::text AS id`,
      ])
      expect(seen).toEqual([{ count: '1' }])
      expect(first).toEqual(second)
    })

    test('leaves nothing behind when a later statement fails', async () => {
      const sql = as('bridge_alice')
      const error = await refusal(
        sql.transaction([sql`INSERT INTO notes (body) VALUES ('undone')`, sql`INSERT INTO notes (body) VALUES ('')`]),
      )
      expect(error.constraint).toBe('notes_body_says_something')
      expect(await sql`SELECT FROM notes WHERE body = 'undone'`).toEqual([])
    })

    test('fails when its commit does', async () => {
      const sql = as('bridge_alice')
      const error = await refusal(sql.transaction([sql`INSERT INTO chapters VALUES (2, 1)`]))
      expect(error).toMatchObject({ code: '23503', constraint: 'chapters_follow_one_another' })
    })

    test.each([
      { isolationLevel: 'ReadUncommitted', shown: 'read uncommitted' },
      { isolationLevel: 'ReadCommitted', shown: 'read committed' },
      { isolationLevel: 'RepeatableRead', shown: 'repeatable read' },
      { isolationLevel: 'Serializable', shown: 'serializable' },
    ] as const)('runs at the isolation $isolationLevel', async ({ isolationLevel, shown }) => {
      const sql = as('bridge_alice')
      const [rows] = await sql.transaction([sql`SHOW transaction_isolation`], { isolationLevel })
      expect(rows).toEqual([{ transaction_isolation: shown }])
    })

    test('changes nothing when it is read-only', async () => {
      const sql = as('bridge_alice')
      const insert = sql`INSERT INTO notes (body) VALUES ('from a read-only batch')`
      expect(await refusal(sql.transaction([insert], { readOnly: true }))).toMatchObject({ code: '25006' })
    })

    test('is deferrable when asked', async () => {
      const sql = as('bridge_alice')
      const [rows] = await sql.transaction([sql`SHOW transaction_deferrable`], { deferrable: true })
      expect(rows).toEqual([{ transaction_deferrable: 'on' }])
    })
  })

  describe('errors', () => {
    test('a broken constraint is named, with its table and its row', async () => {
      expect(await refusal(as('bridge_alice')`INSERT INTO counters VALUES ('visits', 1)`)).toMatchObject({
        severity: 'ERROR',
        code: '23505',
        schema: 'public',
        table: 'counters',
        constraint: 'counters_pkey',
        detail: 'Key (name)=(visits) already exists.',
        routine: '_bt_check_unique',
      })
    })

    test('a mistake in the SQL has its position', async () => {
      const error = await refusal(as('bridge_alice')`SELECT 1 FRM notes WHERE`)
      expect(error).toMatchObject({
        code: '42601',
        position: '14',
        file: 'scan.l',
        line: expect.stringMatching(/^\d+$/),
      })
    })

    test('a function says what, why, where and what to do', async () => {
      expect(await refusal(as('bridge_alice')`SELECT complain()`)).toMatchObject({
        message: 'no',
        code: 'PB001',
        detail: 'why',
        hint: 'what to do',
        where: expect.stringContaining('complain()'),
      })
    })

    test('several statements in one query are refused', async () => {
      expect(await refusal(as('bridge_alice').query('SELECT 1; SELECT 2'))).toMatchObject({ code: '42601' })
    })

    test('COPY from the client is refused and holds nobody up', async () => {
      const sql = as('bridge_alice')
      expect(await refusal(sql`COPY chapters FROM STDIN`)).toMatchObject({ code: '57014' })
      expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
    })
  })

  describe('roles', () => {
    test.each([
      { who: 'a wrong password', user: 'bridge_alice', password: 'password of bridge_bob', code: '28P01' },
      { who: 'an unknown role', user: 'bridge_nobody', password: 'password of bridge_alice', code: '28P01' },
      { who: 'a role that may not log in', user: 'bridge_idle', password: 'password of bridge_idle', code: '28000' },
      { who: 'an unknown database', user: 'bridge_alice', database: 'nowhere', code: '3D000' },
    ])('$who is refused', async ({ user, password, database, code }) => {
      const error = await refusal(neon(platform.url(user, password, database))`SELECT 1`)
      expect(error).toMatchObject({ severity: 'FATAL', code })
    })

    test('a role without rights on a table is refused', async () => {
      expect(await refusal(as('bridge_alice')`SELECT * FROM secrets`)).toMatchObject({ code: '42501' })
    })

    test('a role is itself to SQL, and sees its own rows only', async () => {
      const [alice, bob] = [as('bridge_alice'), as('bridge_bob')]
      await alice`INSERT INTO notes (body) VALUES ('to myself')`
      expect(await alice`SELECT current_user, session_user`).toEqual([
        { current_user: 'bridge_alice', session_user: 'bridge_alice' },
      ])
      expect(await alice`SELECT owner FROM notes WHERE body = 'to myself'`).toEqual([{ owner: 'bridge_alice' }])
      expect(await bob`SELECT owner FROM notes WHERE body = 'to myself'`).toEqual([])
    })
  })

  describe('nothing of a request reaches the next', () => {
    test.each([
      {
        left: 'a setting',
        query: 'SET app.tenant = 1',
        shown: `coalesce(current_setting('app.tenant', true), '')`,
        none: '',
      },
      {
        left: 'a setting of the transaction',
        query: `SELECT set_config('app.mode', 'test', true)`,
        shown: `coalesce(current_setting('app.mode', true), '')`,
        none: '',
      },
      {
        left: 'an open transaction',
        query: 'BEGIN READ ONLY',
        shown: `current_setting('transaction_read_only')`,
        none: 'off',
      },
      { left: 'a temporary table', query: 'CREATE TEMPORARY TABLE t ()', shown: `to_regclass('t')::text`, none: null },
      {
        left: 'an advisory lock',
        query: 'SELECT pg_advisory_lock(1)',
        shown: `(SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())`,
        none: '0',
      },
      { left: 'a role', query: 'SET ROLE bridge_bob', shown: 'current_user::text', none: 'bridge_alice' },
      { left: 'a failure', query: 'SELECT 1/0', shown: `'unharmed'`, none: 'unharmed' },
    ])('$left', async ({ query, shown, none }) => {
      const sql = as('bridge_alice')
      const [before] = await sql`SELECT pg_backend_pid() AS pid`
      await sql.query(query).catch(() => {})
      const [after] = await sql.query(`SELECT pg_backend_pid() AS pid, ${shown} AS shown`)
      expect(after).toEqual({ ...before, shown: none })
    })
  })

  test('a hundred requests at once are all answered, each once', async () => {
    const sql = as('bridge_alice')
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        () => sql`UPDATE counters SET value = value + 1 WHERE name = 'visits' RETURNING value::int4`,
      ),
    )
    const values = answers.flatMap((rows) => rows.map(({ value }) => value))
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  })

  test('a query and a batch are one request each, refused or not', async () => {
    const sql = as('bridge_alice')
    const before = platform.bridge.requestCount()
    await sql`SELECT 1`
    await sql.transaction([sql`SELECT 1`, sql`SELECT 2`])
    await refusal(sql`SELECT 1/0`)
    await refusal(neon(platform.url('bridge_nobody'))`SELECT 1`)
    expect(platform.bridge.requestCount() - before).toBe(4)
  })
})
