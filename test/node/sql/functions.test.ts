/**
 * The functions are no way round the wall: those that run with rights of the gate's give nothing for another merchant's
 * ids, and those that present a row show nothing of another's. Both lists come from the catalogue.
 */
import { afterAll, describe, expect, test } from 'vitest'
import {
  enter,
  enterSignedIn,
  NOW,
  newMerchant,
  nextHash,
  nextId,
  openDatabase,
  type Row,
  requestOf,
} from './actors.ts'
import { settle } from './rows.ts'

const database = await openDatabase('t_sql_functions')
const { owner } = database
const api = await database.connect('paybridge_api')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
await settle(owner, ada, 'test')
const bems = await settle(owner, bem, 'test')

const asAda = <T>(work: () => Promise<T>): Promise<T> =>
  api.rehearse(async () => {
    await enter(api, ada)
    return work()
  })

const FROM = [null, null, null]
const enterAs = (session: string, user: string, merchant: string) =>
  api.attempt('select app.enter_with_session($1, $2, $3, $4, $5, $6)', [
    NOW,
    session,
    user,
    merchant,
    'test',
    requestOf({}),
  ])

/** What each of them does for who names another's things, and proves nothing. */
const WITH_RIGHTS: Readonly<Record<string, () => Promise<void>>> = {
  async begin_registration() {
    const begun = await api.value('select app.begin_registration($1, $2, null, 9, 9, $3)', [NOW, bem.email, nextHash()])
    expect(begun).toEqual({ retry_after: null, registered: null })
  },
  // The password's hash goes to whoever checks the password: the API's role is that, and no row lets it write one.
  async begin_sign_in() {
    const begun = await api.value('select app.begin_sign_in($1, $2, null, 9, 9, $3)', [NOW, bem.email, nextHash()])
    expect(begun).toMatchObject({ account: { user_id: bem.userId, session_id: null } })
  },
  async context() {
    expect(await api.value('select app.context()')).toMatchObject({ merchant_id: ada.merchantId, mode: 'test' })
  },
  async end_session() {
    for (const guess of [bem.sessionId, nextHash()]) {
      await api.rows('select app.end_session($1, $2, $3, $4, $5)', [NOW, guess, ...FROM])
    }
    expect(await enterAs(bem.sessionId, bem.userId, bem.merchantId)).toBe('SELECT 1')
  },
  async enter_with_key() {
    for (const guess of [bem.keys.test.id, nextHash()]) {
      const entered = await api.attempt('select app.enter_with_key($1, $2, $3)', [NOW, guess, requestOf({})])
      expect(entered).toBe('PB401 api_key_unknown')
    }
  },
  async enter_with_session() {
    for (const session of [ada.sessionId, bem.sessionId]) {
      for (const user of [ada.userId, bem.userId]) {
        for (const merchant of [ada.merchantId, bem.merchantId]) {
          const parts = [session, user, merchant]
          const isOne = [ada, bem].some((one) => [one.sessionId, one.userId, one.merchantId].join() === parts.join())
          expect(await enterAs(session, user, merchant)).toBe(isOne ? 'SELECT 1' : 'PB401 session_ended')
        }
      }
    }
  },
  async finish_sign_in() {
    const session = { id: nextId('ses'), user_id: ada.userId, merchant_id: bem.merchantId, expires_at: '2026-12-24' }
    const finish = 'select app.finish_sign_in($1, $2, $3, null, $4, $5, $6)'
    await api.attempt(finish, [NOW, session, nextHash(), ...FROM])
    expect(await enterAs(session.id, ada.userId, bem.merchantId)).toMatch(/^PB40[13] (session_ended|scope_missing)$/)
  },
  async redeem_ticket() {
    for (const guess of [bems.transactionId, bem.keys.test.hash, nextHash()]) {
      expect(await api.attempt('select app.redeem_ticket($1, $2, null)', [NOW, guess])).toBe(
        'PB401 stream_ticket_invalid',
      )
    }
  },
  async register() {
    const register = (user: Row, merchant: Row) =>
      api.attempt('select app.register($1, $2, $3, $4, $5, $6)', [
        NOW,
        { id: nextId('usr'), email: 'eve@merchant.test', password_hash: '$scrypt$of-nothing', ...user },
        { id: nextId('mer'), company_name: 'Eve', country: 'ET', ...merchant },
        ...FROM,
      ])
    expect(await register({ email: bem.email }, {})).toBe('PB409 email_taken')
    expect(await register({ id: bem.userId }, {})).toMatch(/^23505 /)
    expect(await register({}, { id: bem.merchantId })).toMatch(/^23505 /)
  },
  async rotate_refresh_token() {
    for (const guess of [bem.sessionId, nextHash()]) {
      const rotate = 'select app.rotate_refresh_token($1, $2, $3, $4, $5, $6)'
      expect(await api.value(rotate, [NOW, guess, nextHash(), ...FROM])).toEqual({ outcome: 'unknown' })
    }
  },
  async watch_payments() {
    const hash = await owner.value('select hash from stream_tickets where merchant_id = $1 limit 1', [bem.merchantId])
    const questions = [bems.transactionId, bem.merchantId, hash].map((ticket) => ({ ticket, after: 0 }))
    const watched = await api.rows('select * from app.watch_payments($1, $2, 100)', [NOW, JSON.stringify(questions)])
    expect(watched).toHaveLength(3)
    for (const row of watched)
      expect(row).toMatchObject({ refusal: 'stream_ticket_invalid', number: null, object: null })
  },
}

/** Those that the role may run, of these. */
const runnableBy = async (role: string, which: string): Promise<string[]> => {
  const rows = await owner.rows(
    `select distinct p.proname::text as name from pg_proc p
     where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace)
       and has_function_privilege($1, p.oid, 'execute') and ${which} order by 1`,
    [role],
  )
  return rows.map(({ name }) => String(name))
}

describe('a function that runs with rights of its own', () => {
  test('is one of those that are tried here; the worker, who acts for all, has two that tidy up by age', async () => {
    expect(await runnableBy('paybridge_api', 'p.prosecdef')).toEqual(Object.keys(WITH_RIGHTS).sort())
    expect(await runnableBy('paybridge_worker', 'p.prosecdef')).toEqual([
      'context',
      'remove_outdated',
      'remove_stream_tickets',
    ])
  })

  test.each(Object.entries(WITH_RIGHTS))(
    '%s gives nothing for what is another’s, within a context',
    async (_, tryIt) => {
      await asAda(tryIt)
    },
  )

  test.each(Object.entries(WITH_RIGHTS).filter(([name]) => name !== 'context'))(
    '%s gives nothing for what is another’s, outside of any',
    (_, tryIt) => api.rehearse(tryIt),
  )
})

const presenters = await owner.rows(
  `select p.proname::text as name, t.typname::text as of_table
   from pg_proc p join pg_type t on t.oid = p.proargtypes[0]
   where p.pronamespace = 'app'::regnamespace and p.pronargs = 1 and t.typtype = 'c'
     and t.typnamespace = 'public'::regnamespace and has_function_privilege('paybridge_api', p.oid, 'execute')
   order by 1`,
)

describe('a row that was made up from another’s ids', () => {
  const ID = /^[a-z]{3}_\w{26}$/

  test('can be shown by a dozen functions', () => {
    expect(presenters.length).toBeGreaterThanOrEqual(12)
  })

  test.each(presenters)(
    '$name shows no more of it than of ids that are nobody’s',
    async ({ name, of_table: table }) => {
      const whose = table === 'merchants' ? 'id' : 'merchant_id'
      const rows = await owner.rows(`select to_jsonb(t) as it from ${table} t where ${whose} = $1`, [bem.merchantId])
      expect(rows).not.toEqual([])
      const show = async (ids: readonly (readonly string[])[]) => {
        const forged = JSON.stringify(Object.fromEntries(ids))
        const shown = await api.value(`select app.${name}(jsonb_populate_record(null::public.${table}, $1))`, [forged])
        return JSON.stringify(shown)
      }
      for (const head of [() => enter(api, ada), () => enterSignedIn(api, ada, { mode: 'live' }), async () => {}]) {
        await api.rehearse(async () => {
          await head()
          for (const { it } of rows) {
            const bemsIds = Object.entries(Object(it)).flatMap(([column, id]) =>
              ID.test(String(id)) ? [[column, String(id)] as const] : [],
            )
            const nobodysIds = bemsIds.map(([column, id]) => [column, nextId(id.slice(0, 3)), id] as const)
            const shown = await show(nobodysIds)
            expect(await show(bemsIds)).toBe(
              nobodysIds.reduce((text, [, made, id]) => text.replaceAll(made, id), shown),
            )
          }
        })
      }
    },
  )
})
