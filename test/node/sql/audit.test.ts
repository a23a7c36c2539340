/** Every change that a person or a key makes leaves an entry, in the change's own transaction and for ever. */
import { afterAll, describe, expect, test } from 'vitest'
import { enter, enterSignedIn, enterWorker, insertion, newMerchant, openDatabase, type Row } from './actors.ts'
import {
  newApiKey,
  newConnection,
  newEndpoint,
  newRefund,
  newRow,
  newRule,
  newRun,
  newTransaction,
  settle,
} from './rows.ts'

const database = await openDatabase('t_sql_audit')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const adaTest = await settle(owner, ada, 'test')

/** The tables whose rows people and keys write; what they write elsewhere is listed with its reason. */
const NOT_AUDITED = [
  // Part of the transaction that it is made for, whose entry stands.
  'attempts',
  // Who of many payments tries a circuit: nobody's wish.
  'connection_health',
  // Part of the replay that they are sent for, whose entry stands.
  'deliveries',
  // How a change is made, not what it is.
  'idempotency_claims',
  // Part of the rule that they are made for, whose entry stands.
  'routing_rule_targets',
  // Good for half a minute, and for reading what its maker may read.
  'stream_tickets',
]

const entries = () =>
  api.rows(
    `select actor_type, actor_id, action, object_type, object_id, mode, details, ip_address, user_agent
     from audit_entries where created_at > '2026-11-24T09:00:30Z' order by id`,
  )

const later = '2026-11-24T09:01:00Z'

describe('an entry', () => {
  const [forged, values] = insertion('audit_entries', newRow('audit_entries', adaTest))

  test.each(['paybridge_api', 'paybridge_worker'])('is not made up, changed or removed by %s', async (role) => {
    await owner.rehearse(async () => {
      await owner.rows(`set local role ${role}`)
      for (const statement of [forged, `update audit_entries set action = 'a.b'`, 'delete from audit_entries']) {
        expect(await owner.attempt(statement, statement === forged ? values : [])).toBe('42501')
      }
      expect(await owner.attempt('truncate audit_entries')).toBe('42501')
      expect(await owner.attempt('drop trigger merchants_are_audited on merchants')).toBe('42501')
    })
  })

  test('is not changed or removed by the gate, which writes it', async () => {
    await owner.rehearse(async () => {
      await owner.rows('set local role paybridge_gate')
      for (const statement of [`update audit_entries set action = 'a.b'`, 'delete from audit_entries']) {
        expect(await owner.attempt(statement)).toBe('42501')
      }
    })
  })

  test('is not changed or removed by the owner', async () => {
    await owner.rehearse(async () => {
      for (const statement of [
        `update audit_entries set action = 'a.b'`,
        'update audit_entries set id = id',
        'delete from audit_entries',
        'truncate audit_entries',
        'truncate merchants cascade',
      ]) {
        expect(await owner.attempt(statement)).toBe('PB500 record_is_immutable')
      }
    })
  })
})

describe('a change', () => {
  test('can be made by the API’s role only where a trigger writes it down', async () => {
    const astray = await owner.rows(
      `select distinct c.relname::text as name
       from pg_class c, (values ('insert', 4), ('update', 16)) as may (command, bit)
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
         and has_any_column_privilege('paybridge_api', c.oid, may.command)
         and not exists (
           select from pg_trigger t
           where t.tgrelid = c.oid and t.tgfoid = 'app.audit_change()'::regprocedure and t.tgenabled = 'O'
             -- For each row, after, not hanging on the columns that a statement happens to name.
             and t.tgtype & 1 = 1 and t.tgtype & 2 = 0 and t.tgattr = '' and t.tgtype & may.bit = may.bit)
       order by 1`,
    )
    expect(astray.map(({ name }) => name)).toEqual(NOT_AUDITED)
    expect(
      await owner.value(
        `select bool_or(has_table_privilege('paybridge_api', oid, 'delete')) from pg_class
         where relnamespace = 'public'::regnamespace and relkind = 'r'`,
      ),
    ).toBe(false)
  })

  const key = newApiKey(adaTest)
  const connection = newConnection(adaTest)
  const endpoint = newEndpoint(adaTest)
  const transaction = newTransaction(adaTest)
  const refund = newRefund(adaTest)
  const rule = newRule(adaTest)
  const run = newRun(adaTest)
  const changes: { change: string; sql: string; params: unknown[]; object: [string, unknown]; changed?: string[] }[] = [
    ...(
      [
        ['api_key', 'api_keys', key],
        ['connection', 'connections', connection],
        ['webhook_endpoint', 'webhook_endpoints', endpoint],
        ['transaction', 'transactions', transaction],
        ['refund', 'refunds', refund],
        ['routing_rule', 'routing_rules', rule],
        ['reconciliation_run', 'reconciliation_runs', run],
      ] satisfies [string, string, Row][]
    ).map(([object, table, row]) => {
      const [sql, params] = insertion(table, row)
      return { change: `a ${object} is made`, sql, params, object: [object, row.id] satisfies [string, unknown] }
    }),
    {
      change: 'a company is renamed',
      sql: `update merchants set company_name = 'Ada & Co', country = 'NG', updated_at = app.now()`,
      params: [],
      object: ['merchant', ada.merchantId],
      changed: ['company_name', 'country'],
    },
    {
      change: 'a key is revoked',
      sql: 'update api_keys set revoked_at = app.now(), updated_at = app.now() where id = $1',
      params: [ada.keys.live.id],
      object: ['api_key', ada.keys.live.id],
      changed: ['revoked_at'],
    },
    {
      change: 'credentials are replaced',
      sql: `update connections set sealed_credentials = 'v1.of-the-next', sealed_previous = sealed_credentials,
              previous_valid_until = app.now(), credentials_mask = 'sk_…0002' where id = $1`,
      params: [adaTest.connectionId],
      object: ['connection', adaTest.connectionId],
      changed: ['credentials_mask', 'previous_valid_until', 'sealed_credentials', 'sealed_previous'],
    },
    {
      change: 'an endpoint’s secret is rotated',
      sql: `update webhook_endpoints set sealed_secret = 'v1.of-the-next' where id = $1`,
      params: [adaTest.endpointId],
      object: ['webhook_endpoint', adaTest.endpointId],
      changed: ['sealed_secret'],
    },
    {
      change: 'a payment is called off',
      sql: `update transactions set status = 'cancelled' where id = $1`,
      params: [adaTest.transactionId],
      object: ['transaction', adaTest.transactionId],
      changed: ['status'],
    },
    {
      change: 'a rule is retired',
      sql: 'update routing_rules set retired_at = app.now() where id = $1',
      params: [adaTest.ruleId],
      object: ['routing_rule', adaTest.ruleId],
      changed: ['retired_at'],
    },
  ]

  test.each(changes)('is written down once, by whom and what, when $change', async (subject) => {
    const { sql, params, object, changed } = subject
    const live = object[1] === ada.keys.live.id
    await api.rehearse(async () => {
      await enter(api, ada, { mode: live ? 'live' : 'test', at: later, action: 'thing.changed' })
      expect(await api.attempt(sql, params)).toMatch(/^(INSERT|UPDATE) 1$/)
      expect(await entries()).toEqual([
        {
          actor_type: 'api_key',
          actor_id: ada.keys[live ? 'live' : 'test'].id,
          action: 'thing.changed',
          object_type: object[0],
          object_id: object[1],
          mode: object[0] === 'merchant' ? null : live ? 'live' : 'test',
          details: changed === undefined ? {} : { changed },
          ip_address: '203.0.113.7',
          user_agent: 'tests',
        },
      ])
    })
  })

  test('of a person’s own name is written down as that person’s', async () => {
    await api.rehearse(async () => {
      await enterSignedIn(api, ada, { at: later })
      await api.rows(`update users set first_name = 'Ada' where id = $1`, [ada.userId])
      expect(await entries()).toMatchObject([
        { actor_type: 'user', actor_id: ada.userId, object_type: 'user', object_id: ada.userId, mode: null },
      ])
    })
  })

  test.each(changes)('without an action is refused, when $change', async ({ sql, params, object }) => {
    await api.rehearse(async () => {
      const request = { scope: 'profile:read', request_id: 'req' }
      const { hash } = ada.keys[object[1] === ada.keys.live.id ? 'live' : 'test']
      await api.rows('select app.enter_with_key($1, $2, $3)', [later, hash, request])
      expect(await api.attempt(sql, params)).toBe('PB500 audit_action_missing')
    })
  })

  test('leaves no secret: the names of what changed, never a value', async () => {
    await api.rehearse(async () => {
      await enter(api, ada, { at: later })
      for (const { sql, params, object } of changes) {
        if (object[1] !== ada.keys.live.id) expect(await api.attempt(sql, params)).toMatch(/ 1$/)
      }
      const text = JSON.stringify(await entries())
      for (const secret of [key.hash, 'v1.sealed', 'v1.of-the-next', 'sk_…0002', transaction.customer_email]) {
        expect(text).not.toContain(String(secret))
      }
    })
  })

  test('that is taken back leaves no entry', async () => {
    const count = 'select count(*)::int from audit_entries'
    const before = await owner.value(count)
    await api.rehearse(async () => {
      await enter(api, ada)
      await api.rows(`update merchants set company_name = 'Gone'`)
    })
    expect(await owner.value(count)).toBe(before)
  })

  test('by the system is nobody’s, and leaves none', async () => {
    const count = `select count(*)::int from audit_entries where object_id = $1`
    const before = await owner.value(count, [adaTest.transactionId])
    await worker.transact(async () => {
      await enterWorker(worker)
      await worker.rows(`update transactions set status = 'processing' where id = $1`, [adaTest.transactionId])
    })
    expect(await owner.value(count, [adaTest.transactionId])).toBe(before)
  })

  test('carries a client’s name cut to what is kept, however long the client says it is', async () => {
    await api.rehearse(async () => {
      const request = { scope: 'profile:read', action: 'thing.changed', user_agent: 'x'.repeat(5_000) }
      await api.rows('select app.enter_with_key($1, $2, $3)', [later, ada.keys.test.hash, request])
      await api.rows(`update merchants set company_name = 'Ada & Co'`)
      expect(await entries()).toMatchObject([{ user_agent: 'x'.repeat(500) }])
    })
  })
})

describe('identity', () => {
  test('registering and signing in are written down, seen in both modes', async () => {
    for (const mode of ['test', 'live'] as const) {
      await api.rehearse(async () => {
        await enter(api, ada, { mode })
        const told = await api.rows(
          `select action, actor_type, actor_id, object_id from audit_entries where mode is null order by action`,
        )
        expect(told).toEqual([
          { action: 'session.started', actor_type: 'user', actor_id: ada.userId, object_id: ada.sessionId },
          { action: 'user.registered', actor_type: 'user', actor_id: ada.userId, object_id: ada.userId },
        ])
      })
    }
  })
})
