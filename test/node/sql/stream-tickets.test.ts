/** Tickets to the stream, as the database keeps them: whose they are, that each is used once, and what a public one opens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  enter,
  enterSignedIn,
  insert,
  insertion,
  NOW,
  newMerchant,
  nextHash,
  nextId,
  openDatabase,
  pidOf,
  type Row,
  waitsForLock,
} from './actors.ts'
import { settle, type Tenant } from './rows.ts'

const database = await openDatabase('t_sql_stream_tickets')
const { owner } = database
const api = await database.connect('paybridge_api')
const rival = await database.connect('paybridge_api')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
const adaTest = await settle(owner, ada, 'test')
const bemTest = await settle(owner, bem, 'test')

const BEFORE = '2026-11-24T08:59:59.999Z'
const AFTER = '2026-11-24T09:00:00.001Z'

/** What the API may write of a ticket. */
function newTicket(row: Row = {}, { merchant, mode }: Tenant = adaTest): Row {
  return {
    hash: nextHash(),
    merchant_id: merchant.merchantId,
    mode,
    api_key_id: merchant.keys[mode].id,
    expires_at: '2026-11-24T09:00:30Z',
    ...row,
  }
}

async function made(row: Row = {}): Promise<string> {
  const ticket = newTicket(row)
  await insert(owner, 'stream_tickets', ticket)
  return String(ticket.hash)
}

const redeem = (hash: string, at = NOW, address: string | null = null) =>
  api.rehearse(() => api.attempt('select app.redeem_ticket($1, $2, $3)', [at, hash, address]))

describe('a ticket', () => {
  const bySession = { api_key_id: null, session_id: ada.sessionId, user_id: ada.userId }

  test.each([
    ['its maker’s key', () => enter(api, ada), newTicket(), 'INSERT 1'],
    ['its maker’s session', () => enterSignedIn(api, ada), newTicket(bySession), 'INSERT 1'],
    ['a key, made by a person', () => enterSignedIn(api, ada), newTicket(), '42501'],
    ['a person, made by a key', () => enter(api, ada), newTicket(bySession), '42501'],
    ['another’s session', () => enterSignedIn(api, ada), newTicket({ ...bySession, user_id: bem.userId }), '42501'],
    ['another merchant’s key', () => enter(api, ada), newTicket({}, bemTest), '42501'],
    ['the key of the other mode', () => enter(api, ada), newTicket({ api_key_id: ada.keys.live.id }), '42501'],
    ['nobody', () => enter(api, ada), newTicket({ api_key_id: null }), '42501'],
    [
      'a key and a session at once',
      () => enter(api, ada),
      newTicket({ ...bySession, api_key_id: ada.keys.test.id }),
      '23514 stream_tickets_have_one_maker',
    ],
    [
      'a key, for another’s payment',
      () => enter(api, ada),
      newTicket({ transaction_id: bemTest.transactionId }),
      '23503 stream_tickets_merchant_id_mode_transaction_id_fkey',
    ],
    [
      'a key, public and of no payment',
      () => enter(api, ada),
      newTicket({ is_public: true }),
      '23514 stream_tickets_public_of_a_payment',
    ],
  ])('that lives by %s', async (_, head, row, outcome) => {
    await api.rehearse(async () => {
      await head()
      expect(await api.attempt(...insertion('stream_tickets', row))).toBe(outcome)
    })
  })

  test('is read by nobody who logs in, and is not said to be used by them', async () => {
    await api.rehearse(async () => {
      await enter(api, ada)
      expect(await api.attempt('select from stream_tickets')).toBe('42501')
      expect(await api.attempt('update stream_tickets set used_at = null')).toBe('42501')
      expect(await api.attempt(...insertion('stream_tickets', newTicket({ used_at: NOW })))).toBe('42501')
    })
  })
})

describe('redeeming', () => {
  test.each([
    ['a good ticket', () => made(), 'SELECT 1'],
    ['one that was never made', async () => nextHash(), 'PB401 stream_ticket_invalid'],
    ['one that is used', () => made({ used_at: BEFORE }), 'PB401 stream_ticket_invalid'],
    [
      'one that ends at this moment',
      () => made({ created_at: BEFORE, expires_at: NOW }),
      'PB401 stream_ticket_invalid',
    ],
    ['one that ends after it', () => made({ expires_at: AFTER }), 'SELECT 1'],
  ])('%s', async (_, ticket, outcome) => {
    expect(await redeem(await ticket())).toBe(outcome)
  })

  test('tells what the ticket stands for', async () => {
    const hash = await made({ event_types: ['refund.*'], transaction_id: adaTest.transactionId })
    const told = await api.rehearse(() => api.value('select app.redeem_ticket($1, $2, null)', [NOW, hash]))
    expect(told).toEqual({
      merchant_id: ada.merchantId,
      mode: 'test',
      event_types: ['refund.*'],
      transaction_id: adaTest.transactionId,
      is_public: false,
      key_hash: ada.keys.test.hash,
      session_id: null,
      user_id: null,
    })
  })

  test('of two at the same moment lets the first through', async () => {
    const hash = await made()
    const statement = ['select app.redeem_ticket($1, $2, null)', [NOW, hash]] as const
    const pid = await pidOf(rival)
    await api.rows('begin')
    expect(await api.attempt(statement[0], [...statement[1]])).toBe('SELECT 1')
    await rival.rows('begin')
    const second = rival.attempt(statement[0], [...statement[1]])
    await waitsForLock(owner, pid, second)
    await api.rows('commit')
    expect(await second).toBe('PB401 stream_ticket_invalid')
    await rival.rows('rollback')
  })

  test.each([
    ['198.51.100.7', 'SELECT 1'],
    ['198.51.101.7', 'PB403 ip_not_allowed'],
    [null, 'PB403 ip_not_allowed'],
  ])('from %s, with a key that is good from 198.51.100.0/24: %s', async (address, outcome) => {
    const key = nextId('key')
    await insert(owner, 'api_keys', {
      id: key,
      merchant_id: ada.merchantId,
      mode: 'test',
      name: 'office',
      hash: nextHash(),
      mask: 'pb_…0009',
      scopes: ['events:read'],
      ip_allow_list: ['198.51.100.0/24'],
    })
    expect(await redeem(await made({ api_key_id: key }), NOW, address)).toBe(outcome)
    const ofPayment = { api_key_id: key, is_public: true, transaction_id: adaTest.transactionId }
    expect(await redeem(await made(ofPayment), NOW, address)).toBe('SELECT 1')
  })
})

describe('watching payments', () => {
  let ticket: string
  const watch = (asked: unknown, at = NOW) =>
    api.rows('select * from app.watch_payments($1, $2, 100)', [at, JSON.stringify(asked)])
  const ask = async (row: Row, at = NOW) => {
    const hash = await made({ is_public: true, used_at: BEFORE, transaction_id: adaTest.transactionId, ...row })
    return api.rehearse(() => watch([{ ticket: hash, after: 0 }], at))
  }

  beforeAll(async () => {
    ticket = await made({ is_public: true, used_at: BEFORE, transaction_id: adaTest.transactionId })
  })

  test('shows the changes of the payment and no field but these', async () => {
    const [row, ...others] = await api.rehearse(() => watch([{ ticket, after: 0 }]))
    expect(others).toEqual([])
    expect(JSON.parse(String(row?.object))).toEqual({
      id: expect.stringMatching(/^evt_/),
      object: 'event',
      number: 1,
      type: 'payment.created',
      created_at: NOW,
      data: { id: adaTest.transactionId, object: 'transaction', status: 'pending', amount: 150_000, currency: 'NGN' },
    })
    expect(await api.rehearse(() => watch([{ ticket, after: 1 }]))).toEqual([])
  })

  test('shows nothing that is only near the payment', async () => {
    await owner.rehearse(async () => {
      // As a trigger would tell of a refund.
      await owner.rows('alter table events disable trigger events_come_from_changes')
      await insert(owner, 'events', {
        id: nextId('evt'),
        merchant_id: ada.merchantId,
        mode: 'test',
        number: 99,
        type: 'refund.created',
        transaction_id: adaTest.transactionId,
        subject_id: nextId('ref'),
        version: 2,
        object: { object: 'refund' },
      })
      expect(
        await owner.rows('select * from app.watch_payments($1, $2, 100)', [
          NOW,
          JSON.stringify([{ ticket, after: 1 }]),
        ]),
      ).toEqual([])
    })
  })

  test('opens nothing else: not the events, not the payment itself', async () => {
    await api.rehearse(async () => {
      await watch([{ ticket, after: 0 }])
      for (const table of ['events', 'transactions', 'attempts', 'api_keys', 'connections', 'merchants', 'users']) {
        const column = table === 'users' ? 'id' : '*'
        expect(await api.attempt(`select ${column} from ${table}`), table).toBe('SELECT 0')
      }
      expect(await api.value('select app.merchant_id()')).toBeNull()
    })
  })

  test.each([
    ['was never redeemed', { used_at: null }, 'stream_ticket_invalid'],
    ['is not public', { is_public: false }, 'stream_ticket_invalid'],
  ])('is refused with a ticket that %s', async (_, row, refusal) => {
    expect(await ask(row)).toMatchObject([{ refusal, number: null, object: null }])
  })

  test.each([
    ['is revoked', { revoked_at: BEFORE }, 'api_key_revoked'],
    ['has expired', { expires_at: NOW }, 'api_key_expired'],
    ['expires later', { expires_at: AFTER }, null],
    ['may not read payments', { scopes: ['events:read'] }, 'scope_missing'],
  ])('with a ticket whose key %s: %s', async (_, row, refusal) => {
    const id = nextId('key')
    const key = { id, merchant_id: ada.merchantId, mode: 'test', name: 'till', hash: nextHash(), mask: 'pb_…0008' }
    await insert(owner, 'api_keys', { ...key, scopes: ['transactions:read'], ...row })
    expect(await ask({ api_key_id: id })).toMatchObject([{ refusal }])
  })

  test('with a person’s ticket takes the session and the membership', async () => {
    const bySession = { api_key_id: null, session_id: ada.sessionId, user_id: ada.userId }
    expect(await ask(bySession)).toMatchObject([{ refusal: null, number: 1 }])
    expect(await ask({ ...bySession, session_id: bem.sessionId })).toMatchObject([{ refusal: 'session_ended' }])
    expect(await ask(bySession, '2027-01-24T00:00:00Z')).toMatchObject([{ refusal: 'session_ended' }])
    await owner.rows('update memberships set role = $1 where user_id = $2', ['finance', ada.userId])
    await owner.rows('update sessions set ended_at = $1, end_reason = $2 where id = $3', [NOW, 'logout', ada.sessionId])
    expect(await ask(bySession)).toMatchObject([{ refusal: 'session_ended' }])
  })

  test('ends for a merchant who is suspended', async () => {
    await owner.rows('update merchants set suspended_at = $1 where id = $2', [NOW, ada.merchantId])
    expect(await ask({})).toMatchObject([{ refusal: 'merchant_suspended' }])
    await owner.rows('update merchants set suspended_at = null')
  })

  test('answers each ticket by itself', async () => {
    const other = newTicket({ is_public: true, used_at: BEFORE, transaction_id: bemTest.transactionId }, bemTest)
    await insert(owner, 'stream_tickets', other)
    const rows = await api.rehearse(() =>
      watch([
        { ticket, after: 0 },
        { ticket: other.hash, after: 0 },
        { ticket: 'nonsense', after: 0 },
      ]),
    )
    const seen = new Map(rows.map((row) => [row.ticket, row.refusal ?? JSON.parse(String(row.object)).data.id]))
    expect(seen).toEqual(
      new Map([
        [ticket, adaTest.transactionId],
        [other.hash, bemTest.transactionId],
        ['nonsense', 'stream_ticket_invalid'],
      ]),
    )
  })
})

test('tickets are removed a day after their end, a bounded number at a time', async () => {
  const worker = await database.connect('paybridge_worker')
  const count = () => owner.value('select count(*)::int from stream_tickets')
  await owner.rows('delete from stream_tickets')
  await made()
  await made()
  const remove = (at: string, most: number) => worker.rows('select app.remove_stream_tickets($1, $2)', [at, most])
  await remove('2026-11-25T09:00:30Z', 10)
  expect(await count()).toBe(2)
  await remove('2026-11-25T09:00:30.001Z', 1)
  expect(await count()).toBe(1)
  await remove('2026-11-25T09:00:30.001Z', 1)
  expect(await count()).toBe(0)
})
