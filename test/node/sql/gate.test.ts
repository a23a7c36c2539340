/** The statement that heads each batch: whom it lets in, whom it refuses and how, and the clock and ids that follow it. */
import { afterAll, describe, expect, test } from 'vitest'
import {
  enter,
  enterSignedIn,
  enterWorker,
  insert,
  NOW,
  newMerchant,
  nextHash,
  nextId,
  openDatabase,
  type Row,
  requestOf,
} from './actors.ts'
import { newApiKey } from './rows.ts'

const database = await openDatabase('t_sql_gate')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')

const BEFORE = '2026-11-24T08:59:59.999Z'
const AFTER = '2026-11-24T09:00:00.001Z'

/** A key of Ada's that is as a test wants it. @returns its hash */
async function newKey(row: Row = {}): Promise<string> {
  const hash = nextHash()
  await insert(owner, 'api_keys', { ...newApiKey({ merchant: ada, mode: 'test' }), hash, ...row })
  return hash
}

/** What the gate says to a request with this key. */
const knock = (hash: string | null, request: Row | null = { scope: 'transactions:read' }, at = NOW) =>
  api.rehearse(() => api.attempt('select app.enter_with_key($1, $2, $3)', [at, hash, request]))

const knockSignedIn = (row: Row, request: Row | null = { scope: 'transactions:read' }, at = NOW) => {
  const { session, user, merchant, mode } = {
    session: ada.sessionId,
    user: ada.userId,
    merchant: ada.merchantId,
    mode: 'test',
    ...row,
  }
  const params = [at, session, user, merchant, mode, request]
  return api.rehearse(() => api.attempt('select app.enter_with_session($1, $2, $3, $4, $5, $6)', params))
}

const IN = 'SELECT 1'

describe('a key', () => {
  test.each([
    { key: 'that was never made', row: undefined, says: 'PB401 api_key_unknown' },
    { key: 'that is in order', row: {}, says: IN },
    {
      key: 'that was revoked by a machine whose clock is ahead',
      row: { revoked_at: AFTER },
      says: 'PB401 api_key_revoked',
    },
    { key: 'that was revoked before', row: { revoked_at: BEFORE }, says: 'PB401 api_key_revoked' },
    { key: 'that expires at this moment', row: { expires_at: NOW }, says: 'PB401 api_key_expired' },
    { key: 'that expires after it', row: { expires_at: AFTER }, says: IN },
    {
      key: 'that is revoked and expired',
      row: { revoked_at: BEFORE, expires_at: BEFORE },
      says: 'PB401 api_key_revoked',
    },
    { key: 'without the scope', row: { scopes: ['webhooks:read'] }, says: 'PB403 scope_missing' },
  ])('$key: $says', async ({ row, says }) => {
    expect(await knock(row === undefined ? nextHash() : await newKey(row))).toBe(says)
  })

  test('of nothing at all lets nobody in', async () => {
    expect(await knock(null)).toBe('PB401 api_key_unknown')
  })

  test.each([
    { asks: 'no scope', request: {} },
    { asks: 'a scope of null', request: { scope: null } },
    { asks: 'nothing', request: null },
    { asks: 'all scopes in one', request: { scope: 'transactions:read webhooks:read' } },
  ])('lets nobody in who asks for $asks', async ({ request }) => {
    const outcome = await knock(await newKey(), request)
    expect(outcome).toBe('PB403 scope_missing')
    expect(await knockSignedIn({}, request)).toBe('PB403 scope_missing')
  })

  test('lets in for its merchant and mode, as itself', async () => {
    await api.rehearse(async () => {
      await enter(api, ada, { mode: 'live', scope: 'audit:read' })
      const [context] = await api.rows(
        `select app.merchant_id() as merchant, app.mode() as mode, app.user_id() as user, app.context() -> 'scopes' as scopes`,
      )
      expect(context).toEqual({
        merchant: ada.merchantId,
        mode: 'live',
        user: null,
        scopes: await owner.value(`select to_jsonb(app.scopes_of('owner'))`),
      })
    })
  })

  test('of a suspended merchant lets nobody in, nor does a sign-in, and no other merchant is held up', async () => {
    await owner.rows('update merchants set suspended_at = $1 where id = $2', [NOW, bem.merchantId])
    expect(await knock(bem.keys.test.hash)).toBe('PB403 merchant_suspended')
    expect(await knockSignedIn({ session: bem.sessionId, user: bem.userId, merchant: bem.merchantId })).toBe(
      'PB403 merchant_suspended',
    )
    expect(await knock(ada.keys.test.hash)).toBe(IN)
    await owner.rows('update merchants set suspended_at = null')
  })

  test('doesn’t come back from being revoked, nor from its expiry', async () => {
    const revoked = await newKey({ revoked_at: BEFORE })
    const expired = await newKey({ expires_at: BEFORE })
    const current = await newKey({ expires_at: AFTER })
    await api.rehearse(async () => {
      await enter(api, ada)
      const set = (column: string, value: string | null, hash: string) =>
        api.attempt(`update api_keys set ${column} = $1 where hash = $2`, [value, hash])
      expect(await set('revoked_at', null, revoked)).toBe('PB409 api_key_revoked')
      expect(await set('revoked_at', AFTER, revoked)).toBe('PB409 api_key_revoked')
      expect(await set('expires_at', null, expired)).toBe('PB409 api_key_expired')
      expect(await set('expires_at', AFTER, expired)).toBe('PB409 api_key_expired')
      expect(await set('expires_at', NOW, current)).toBe('UPDATE 1')
    })
  })

  test('hands out no scope that its holder lacks', async () => {
    const hash = await newKey({ scopes: ['api_keys:write', 'transactions:read'] })
    const columns = 'id, merchant_id, mode, name, hash, mask, scopes'
    const make = (scopes: (string | null)[]) =>
      api.attempt(`insert into api_keys (${columns}) values ($1, $2, 'test', 'child', $3, 'pb_', $4)`, [
        nextId('key'),
        ada.merchantId,
        nextHash(),
        scopes,
      ])
    await api.rehearse(async () => {
      await api.rows('select app.enter_with_key($1, $2, $3)', [NOW, hash, requestOf({ scope: 'api_keys:write' })])
      expect(await make(['transactions:read'])).toBe('INSERT 1')
      expect(await make(['transactions:read', 'transactions:write'])).toBe('PB403 scope_not_held')
      expect(await make(['transactions:read', null])).toBe('PB403 scope_not_held')
      expect(await make([])).toBe('23514 api_keys_scopes_check')
    })
  })
})

describe('an allow-list', () => {
  const list = ['203.0.113.7', '198.51.100.0/24', '2001:db8:1::/48', '2001:db8:2::1']

  test.each([
    { address: '203.0.113.7', says: IN },
    { address: '203.0.113.8', says: 'PB403 ip_not_allowed' },
    { address: '198.51.100.255', says: IN },
    { address: '198.51.101.0', says: 'PB403 ip_not_allowed' },
    { address: '2001:db8:1:ffff::1', says: IN },
    { address: '2001:db8:2::1', says: IN },
    { address: '2001:db8:2::2', says: 'PB403 ip_not_allowed' },
    // One address in it does not let a whole network in.
    { address: '198.51.0.0/16', says: 'PB403 ip_not_allowed' },
    { address: null, says: 'PB403 ip_not_allowed' },
    { address: 'nonsense', says: '22P02' },
  ])('$address: $says', async ({ address, says }) => {
    const hash = await newKey({ ip_allow_list: list })
    expect(await knock(hash, { scope: 'transactions:read', ip_address: address })).toBe(says)
  })

  test('that is empty lets every address in, and one with a gap lets that gap nobody in', async () => {
    expect(await knock(await newKey({ ip_allow_list: [] }))).toBe(IN)
    const gap = await newKey({ ip_allow_list: [null] })
    expect(await knock(gap, { scope: 'transactions:read', ip_address: '203.0.113.7' })).toBe('PB403 ip_not_allowed')
  })
})

describe('a sign-in', () => {
  test.each([
    { sign: 'in order', row: {}, at: NOW, says: IN },
    { sign: 'that was never made', row: { session: nextId('ses') }, at: NOW, says: 'PB401 session_ended' },
    { sign: 'of nothing', row: { session: null }, at: NOW, says: 'PB401 session_ended' },
    { sign: 'of another person', row: { session: bem.sessionId }, at: NOW, says: 'PB401 session_ended' },
    { sign: 'for another merchant', row: { merchant: bem.merchantId }, at: NOW, says: 'PB401 session_ended' },
    {
      sign: 'of another person, for that merchant',
      row: { session: ada.sessionId, user: bem.userId },
      at: NOW,
      says: 'PB401 session_ended',
    },
    { sign: 'that expires after this moment', row: {}, at: '2026-12-23T23:59:59.999Z', says: IN },
    { sign: 'that expires at this moment', row: {}, at: '2026-12-24T00:00:00Z', says: 'PB401 session_ended' },
  ])('$sign: $says', async ({ row, at, says }) => {
    expect(await knockSignedIn(row, { scope: 'transactions:read' }, at)).toBe(says)
  })

  test('that was ended lets nobody in', async () => {
    await owner.rows(`update sessions set ended_at = $2, end_reason = 'logout' where id = $1`, [ada.sessionId, NOW])
    expect(await knockSignedIn({})).toBe('PB401 session_ended')
    await owner.rows('update sessions set ended_at = null, end_reason = null where id = $1', [ada.sessionId])
  })

  test.each([
    { role: 'owner', scope: 'connections:write', says: IN },
    { role: 'viewer', scope: 'transactions:read', says: IN },
    { role: 'viewer', scope: 'transactions:write', says: 'PB403 scope_missing' },
    { role: null, scope: 'transactions:read', says: 'PB403 scope_missing' },
  ])('with the role $role and the scope $scope: $says', async ({ role, scope, says }) => {
    await owner.rows('delete from memberships where user_id = $1', [ada.userId])
    const restore = (as: string) =>
      insert(owner, 'memberships', { merchant_id: ada.merchantId, user_id: ada.userId, role: as })
    if (role !== null) await restore(role)
    // The role as it stands at this moment counts, whatever it was at the sign-in.
    expect(await knockSignedIn({}, { scope })).toBe(says)
    await owner.rows('delete from memberships where user_id = $1', [ada.userId])
    await restore('owner')
  })

  test('acts as the person, in the mode asked for', async () => {
    await api.rehearse(async () => {
      await enterSignedIn(api, ada, { mode: 'live' })
      const [context] = await api.rows(
        'select app.merchant_id() as merchant, app.mode() as mode, app.user_id() as user',
      )
      expect(context).toEqual({ merchant: ada.merchantId, mode: 'live', user: ada.userId })
    })
  })
})

describe('a refusal', () => {
  test('takes the whole batch back, and what comes after it', async () => {
    await api.rows('begin')
    await enter(api, ada)
    await api.rows(`update merchants set company_name = 'Half done'`)
    await expect(api.rows(`select app.refuse(409, 'refused_here', 'why')`)).rejects.toMatchObject({
      code: 'PB409',
      message: 'refused_here',
      detail: 'why',
    })
    await expect(api.rows('select 1')).rejects.toMatchObject({ code: '25P02' })
    await api.rows('commit')
    expect(await owner.value('select company_name from merchants where id = $1', [ada.merchantId])).toBe('ada')
  })

  test('by the gate leaves no mark of the visit', async () => {
    const hash = await newKey({ scopes: ['webhooks:read'] })
    await expect(api.rows('select app.enter_with_key($1, $2, $3)', [NOW, hash, requestOf({})])).rejects.toThrow()
    expect(await owner.value('select last_used_at from api_keys where hash = $1', [hash])).toBeNull()
    expect(await api.value('select app.context()')).toBeNull()
  })

  test('is raised for the rows that are there, and for no others', async () => {
    await api.rehearse(async () => {
      expect(await api.attempt(`select app.refuse(404, 'gone') from merchants`)).toBe('SELECT 0')
      await enter(api, ada)
      expect(await api.attempt(`select app.refuse(404, 'gone') from merchants`)).toBe('PB404 gone')
    })
  })
})

describe('the last use', () => {
  const lastUse = (hash: string) => owner.value('select app.iso(last_used_at) from api_keys where hash = $1', [hash])

  test('of a key is kept to the minute', async () => {
    const { hash } = ada.keys.test
    for (const { at, kept } of [
      { at: '2026-11-24T09:00:00.000Z', kept: '2026-11-24T09:00:00.000Z' },
      { at: '2026-11-24T09:01:00.000Z', kept: '2026-11-24T09:00:00.000Z' },
      { at: '2026-11-24T09:01:00.001Z', kept: '2026-11-24T09:01:00.001Z' },
      // A clock that is behind takes nothing back.
      { at: '2026-11-24T08:00:00.000Z', kept: '2026-11-24T09:01:00.001Z' },
    ]) {
      await api.transact(() => enter(api, ada, { at }))
      expect(await lastUse(hash)).toBe(kept)
    }
  })

  test('of a key that somebody else is noting holds nobody up', async () => {
    const { id, hash } = ada.keys.live
    await owner.rehearse(async () => {
      await owner.rows('select from api_keys where id = $1 for update', [id])
      await api.rehearse(async () => {
        await api.rows(`set local lock_timeout = '1ms'`)
        await enter(api, ada, { mode: 'live', at: '2026-11-24T10:00:00Z' })
        expect(await api.value('select app.mode()')).toBe('live')
      })
    })
    expect(await lastUse(hash)).toBeNull()
  })
})

describe('the time', () => {
  test('is the one that the batch was entered with, for as long as it lasts', async () => {
    const at = '2031-02-03T04:05:06.789Z'
    for (const head of [
      { session: api, enter: () => enter(api, ada, { at }) },
      { session: worker, enter: () => enterWorker(worker, at) },
    ]) {
      await head.session.rehearse(async () => {
        await head.enter()
        expect(await head.session.value('select app.iso(app.now())')).toBe(at)
      })
      expect(await head.session.value('select app.now() = statement_timestamp()')).toBe(true)
    }
  })

  test.each([
    { moment: '2026-11-24 12:00:00.5+03', reads: '2026-11-24T09:00:00.500Z' },
    { moment: '2026-01-02T03:04:05Z', reads: '2026-01-02T03:04:05.000Z' },
    { moment: '2026-11-24T09:00:00.0019Z', reads: '2026-11-24T09:00:00.001Z' },
    { moment: null, reads: null },
  ])('$moment reads $reads on the wire, whatever the session’s zone and style', async ({ moment, reads }) => {
    await api.rehearse(async () => {
      await api.rows(`set local timezone = 'Africa/Addis_Ababa'; set local datestyle = 'German'`)
      expect(await api.value('select app.iso($1)', [moment])).toBe(reads)
    })
  })
})

describe('ids', () => {
  const ten = 10_000

  test('that SQL makes are well formed, unlike one another, and begin with their time', async () => {
    await api.rehearse(async () => {
      await enter(api, ada)
      const [found] = await api.rows(
        `select count(distinct id)::int as unlike, bool_and(app.is_id('txn', id)) as formed,
                count(distinct left(id, 14))::int as beginnings, min(left(id, 14)) as beginning
         from (select app.new_id('txn') as id from generate_series(1, $1)) made`,
        [ten],
      )
      expect(found).toEqual({ unlike: ten, formed: true, beginnings: 1, beginning: `txn_${timePart(NOW)}` })
    })
  })

  test('sort by the time at which they were made', async () => {
    const times = [
      '1970-01-01T00:00:00.000Z',
      BEFORE,
      NOW,
      AFTER,
      '2031-01-01T00:00:00.000Z',
      '9999-12-31T23:59:59.999Z',
    ]
    const made: unknown[] = []
    for (const at of times) {
      await worker.rehearse(async () => {
        await enterWorker(worker, at)
        made.push(await worker.value(`select app.new_id('evt')`))
      })
    }
    expect(made.map((id) => String(id).slice(4, 14))).toEqual(times.map(timePart))
    expect([...made].sort()).toEqual(made)
  })

  test('spread over all their random bits', async () => {
    const [found] = await worker.rows(
      `select min(spread)::int as least, max(spread)::int as most
       from (select place, count(distinct substr(id, place, 1)) as spread
             from (select app.new_id('x') as id from generate_series(1, 2000)) made, generate_series(13, 28) as place
             group by place) places`,
    )
    expect(found).toEqual({ least: 32, most: 32 })
  })

  test.each([
    { id: 'txn_01k8aaaaaaaaaaaaaaaaaaaaaa', is: true },
    { id: 'txn_7zzzzzzzzzzzzzzzzzzzzzzzzz', is: true },
    { id: 'txn_8zzzzzzzzzzzzzzzzzzzzzzzzz', is: false },
    { id: 'txn_01k8aaaaaaaaaaaaaaaaaaaaa', is: false },
    { id: 'txn_01k8aaaaaaaaaaaaaaaaaaaaaaa', is: false },
    { id: 'txn_01k8aaaaaaaaaaaaaaaaaaaaau', is: false },
    { id: 'txn_01K8AAAAAAAAAAAAAAAAAAAAAA', is: false },
    { id: 'evt_01k8aaaaaaaaaaaaaaaaaaaaaa', is: false },
    { id: 'txn_01k8aaaaaaaaaaaaaaaaaaaaaa\n', is: false },
    { id: '\ntxn_01k8aaaaaaaaaaaaaaaaaaaaaa', is: false },
  ])('$id is one: $is', async ({ id, is }) => {
    expect(await api.value(`select app.is_id('txn', $1)`, [id])).toBe(is)
  })

  /** The first ten characters of a ULID: 48 bits of milliseconds in Crockford's base 32. */
  function timePart(at: string): string {
    const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
    const ms = BigInt(Date.parse(at))
    return Array.from({ length: 10 }, (_, place) => alphabet[Number((ms >> BigInt(45 - 5 * place)) & 31n)]).join('')
  }
})
