/** `/api/v1/auth/`: who gets in, how often they may try, and when a session is over. */

import { type SQL, sql } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'
import { connect } from '../../src/db/client.ts'
import { beginRegistration, beginSignIn } from '../../src/db/statements/identity.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { RegisteredSchema, TokenPairSchema } from '../../src/http/routes/auth.ts'
import { superuserUrl } from '../support/provided.ts'
import { type ApiAnswer, caller, createWorld } from '../support/world.ts'

const world = await createWorld('auth')
const owner = connect(superuserUrl('t_auth'), { roundTrip: () => {}, entered: () => {} })
const visitor = caller(world.app, undefined)

const PASSWORD = 'a rather long pass phrase'
const REGISTER = '/api/v1/auth/register/'
const TOKEN = '/api/v1/auth/token/'
const REFRESH = '/api/v1/auth/token/refresh/'
const LOGOUT = '/api/v1/auth/logout/'
const PROFILE = '/api/v1/profile/me/'

let people = 0
let addresses = 0

/** Each test comes from an address of its own, so that none uses up another's attempts. */
let from: Record<string, string>
beforeEach(() => {
  from = { 'cf-connecting-ip': anotherAddress(), 'user-agent': 'kora/1.0' }
})

function anotherAddress(): string {
  addresses += 1
  return `198.51.${Math.floor(addresses / 250)}.${addresses % 250}`
}

function anotherPerson() {
  people += 1
  return { email: `ada${people}@merchant.test`, password: PASSWORD, company_name: 'Kora Stores', country: 'NG' }
}

/** A person who has just registered. */
async function newPerson() {
  const person = anotherPerson()
  const registered = await visitor.post(REGISTER, person, from)
  expect(registered.status).toBe(201)
  return { email: person.email, userId: String(registered.body.user.id) }
}

/** A person who has registered and logged in. */
async function newSession() {
  const { email, userId } = await newPerson()
  const { body } = await signIn(email)
  return { email, userId, access: String(body.access), refresh: String(body.refresh) }
}

const signIn = (email: string, password = PASSWORD, headers = from) => visitor.post(TOKEN, { email, password }, headers)
const refresh = (token: string, headers = {}) => visitor.post(REFRESH, { refresh: token }, { ...from, ...headers })
const profileWith = (access: string) => caller(world.app, access).get(PROFILE)

/** So many attempts to log in from this test's address, as far as they are counted: without the slow hash. */
async function guess(email: string, attempts: number, address = from['cf-connecting-ip']) {
  const { db } = world.deps.api
  const attempt = () => beginSignIn(db, world.clock.now(), email, address, undefined)
  const batch = await world.deps.api.run(undefined, [attempt(), ...Array.from({ length: attempts - 1 }, attempt)])
  if (!batch.ok) throw new Error(batch.problem.code)
}

/** Moves the clock to where attempts begin to be counted anew. */
const beginWindow = () => world.clock.advance(900_000 - (world.clock.now().getTime() % 900_000))

/** An answer without what differs from request to request. */
function told({ status, body, headers }: ApiAnswer) {
  const { request_id: _, ...rest } = body
  return { status, body: rest, retryAfter: headers.get('retry-after') }
}

/** A row as the owner of the database reads it. */
async function rowOf(statement: SQL) {
  const batch = await owner.run(undefined, [owner.db.execute(statement)])
  if (!batch.ok) throw new Error(batch.problem.code)
  return batch.rows[0].rows[0]
}

async function auditOf(access: string, action: string) {
  const { body } = await caller(world.app, access).get(`/api/v1/audit-logs/?action=${action}`)
  return body.data
}

describe('registering', () => {
  test('makes a person and a merchant, in two round trips', async () => {
    const person = {
      ...anotherPerson(),
      email: 'Ada.Obi@Merchant.test',
      first_name: ' Ada ',
      phone_number: '+2348012345678',
    }
    const { result, roundTrips } = await world.countRoundTrips(() => visitor.post(REGISTER, person, from))
    expect(result.status).toBe(201)
    expect(RegisteredSchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toMatchObject({
      user: { email: 'ada.obi@merchant.test', first_name: 'Ada', last_name: '', phone_number: '+2348012345678' },
      merchant: { company_name: 'Kora Stores', country: 'NG', kyc_status: 'pending', preferred_currency: 'USD' },
    })
    expect(roundTrips).toBe(2)
    const { body } = await signIn(person.email)
    expect((await profileWith(body.access)).body).toEqual(result.body)
    expect(await auditOf(body.access, 'user.registered')).toMatchObject([
      { actor_id: result.body.user.id, ip_address: from['cf-connecting-ip'], user_agent: 'kora/1.0', mode: null },
    ])
  })

  test('refuses an e-mail that is taken, in whatever case', async () => {
    const { email } = await newPerson()
    const again = await visitor.post(REGISTER, { ...anotherPerson(), email: email.toUpperCase() }, from)
    expect(again).toMatchObject({ status: 409, body: { code: 'email_taken' } })
  })

  test.each([
    [
      'address',
      LIMITS.registrationAttemptsPerAddress,
      (n: number) => ({ email: `n${n}@merchant.test`, address: '203.0.113.77' }),
    ],
    [
      'account',
      LIMITS.registrationAttemptsPerAccount,
      (n: number) => ({ email: 'wanted@merchant.test', address: `203.0.114.${n}` }),
    ],
    // One customer of an IPv6 provider has a whole /64.
    [
      'network',
      LIMITS.registrationAttemptsPerAddress,
      (n: number) => ({ email: `v${n}@merchant.test`, address: `2001:db8::${n}` }),
    ],
  ])('is counted exactly per %s', async (_, most, attempt) => {
    beginWindow()
    const { db } = world.deps.api
    for (let n = 1; n < most; n++) {
      const { email, address } = attempt(n)
      await world.deps.api.run(undefined, [beginRegistration(db, world.clock.now(), email, address, undefined)])
    }
    const register = (n: number) => {
      const { email, address } = attempt(n)
      return visitor.post(REGISTER, { ...anotherPerson(), email }, { 'cf-connecting-ip': address })
    }
    expect((await register(most)).status).toBe(201)
    const { result } = await world.countRoundTrips(() => register(most + 1))
    expect(result).toMatchObject({ status: 429, body: { code: 'registration_limited' } })
    expect(result.headers.get('retry-after')).toBe('900')
  })

  test('gives the same answer to the same request with the same Idempotency-Key, and to no other', async () => {
    const person = anotherPerson()
    const headers = { ...from, 'idempotency-key': 'sign-up' }
    const first = await visitor.post(REGISTER, person, headers)
    const { result } = await world.countRoundTrips(() => visitor.post(REGISTER, person, headers))
    expect(result).toMatchObject({ status: 201, body: first.body })
    expect(result.headers.get('idempotent-replayed')).toBe('true')
    for (const [body, key] of [
      [{ ...person, password: 'another long pass phrase' }, 'sign-up'],
      [person, 'another'],
    ] as const) {
      const other = await visitor.post(REGISTER, body, { ...from, 'idempotency-key': key })
      expect(other).toMatchObject({ status: 409, body: { code: 'email_taken' } })
    }
  })

  test('sent twice at once with the same Idempotency-Key makes one person', async () => {
    const person = anotherPerson()
    const headers = { ...from, 'idempotency-key': 'at-once' }
    const answers = await Promise.all([1, 2].map(() => visitor.post(REGISTER, person, headers)))
    const [made, ...others] = answers.toSorted((a, b) => a.status - b.status)
    expect(made?.status).toBe(201)
    expect(others).toMatchObject([{ status: 409, body: { code: 'idempotency_in_flight' } }])
  })
})

describe('logging in', () => {
  test('gives a pair of tokens, in two round trips, and is audited', async () => {
    const { email, userId } = await newPerson()
    const { result, roundTrips } = await world.countRoundTrips(() => signIn(email.toUpperCase()))
    expect(result.status).toBe(200)
    expect(TokenPairSchema.strict().parse(result.body)).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
    expect(roundTrips).toBe(2)
    expect((await profileWith(result.body.access)).body.user.id).toBe(userId)
    expect(await auditOf(result.body.access, 'session.started')).toMatchObject([
      { actor_type: 'user', actor_id: userId, ip_address: from['cf-connecting-ip'], user_agent: 'kora/1.0' },
    ])
  })

  test('answers an unknown e-mail and a wrong password alike, in one round trip', async () => {
    const { email } = await newPerson()
    const wrong = await world.countRoundTrips(() => signIn(email, 'not the pass phrase'))
    const unknown = await world.countRoundTrips(() => signIn('nobody@merchant.test', 'not the pass phrase'))
    expect(told(wrong.result)).toMatchObject({ status: 401, body: { code: 'sign_in_refused' } })
    expect(told(unknown.result)).toEqual(told(wrong.result))
    expect([wrong.roundTrips, unknown.roundTrips]).toEqual([1, 1])
  })

  test.each([
    [
      'account',
      LIMITS.signInAttemptsPerAccount,
      (n: number) => ({ email: 'target@merchant.test', address: `203.0.115.${n}` }),
    ],
    [
      'address',
      LIMITS.signInAttemptsPerAddress,
      (n: number) => ({ email: `s${n}@merchant.test`, address: '203.0.113.78' }),
    ],
    [
      'network',
      LIMITS.signInAttemptsPerAddress,
      (n: number) => ({ email: `w${n}@merchant.test`, address: `2001:db8:1::${n}` }),
    ],
  ])('is counted exactly per %s, until the window ends', async (_, most, attempt) => {
    beginWindow()
    const { db } = world.deps.api
    for (let n = 1; n < most; n++) {
      const { email, address } = attempt(n)
      await world.deps.api.run(undefined, [beginSignIn(db, world.clock.now(), email, address, undefined)])
    }
    const tryIt = (n: number) => {
      const { email, address } = attempt(n)
      return signIn(email, PASSWORD, { 'cf-connecting-ip': address })
    }
    expect((await tryIt(most)).status).toBe(401)
    world.clock.advance(100_500)
    const { result } = await world.countRoundTrips(() => tryIt(most + 1))
    expect(result).toMatchObject({ status: 429, body: { code: 'sign_in_limited' } })
    expect(result.headers.get('retry-after')).toBe('800')
    world.clock.advance(799_500)
    expect((await tryIt(most + 2)).status).toBe(401)
  })

  test('is counted exactly when the attempts come all at once', async () => {
    const { api, clock } = world.deps
    const attempt = () =>
      api.run(undefined, [beginSignIn(api.db, clock.now(), 'crowded@merchant.test', '203.0.113.79', undefined)])
    const batches = await Promise.all(Array.from({ length: 13 }, attempt))
    const outcomes = batches.map((batch) => (batch.ok ? batch.rows[0][0]?.answer : batch.problem))
    const goOn = outcomes.filter((outcome) => JSON.stringify(outcome).includes('"retry_after":null'))
    expect(goOn).toHaveLength(LIMITS.signInAttemptsPerAccount)
  })

  test('refuses the right password, too, once the account has used up its attempts', async () => {
    const { email } = await newPerson()
    await guess(email, LIMITS.signInAttemptsPerAccount)
    expect((await signIn(email)).body.code).toBe('sign_in_limited')
  })

  test("lets the account's count start anew once it succeeds, and not the address's", async () => {
    const { email } = await newPerson()
    await guess(email, 9)
    expect((await signIn(email)).status).toBe(200)
    await guess(email, 9)
    expect((await signIn(email)).status).toBe(200)
    await guess(email, 10)
    const attemptsOf = (counted: string) => sql`(select attempts from sign_in_counts where counted = ${counted})`
    const address = attemptsOf(`address:${from['cf-connecting-ip']}`)
    const counts = await rowOf(sql`select ${attemptsOf(`account:${email}`)} as account, ${address} as address`)
    expect(counts).toEqual({ account: 10, address: 30 })
  })

  test('sent again with the same Idempotency-Key gives the same session', async () => {
    const { email } = await newPerson()
    const headers = { ...from, 'idempotency-key': 'log-in' }
    const first = await signIn(email, PASSWORD, headers)
    const again = await signIn(email, PASSWORD, headers)
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await auditOf(first.body.access, 'session.started')).toHaveLength(1)
    expect((await signIn(email, 'not the pass phrase', headers)).body.code).toBe('sign_in_refused')

    // Once the session has gone on, or ten minutes later, the same request begins another.
    await refresh(first.body.refresh)
    expect((await signIn(email, PASSWORD, headers)).headers.get('idempotent-replayed')).toBeNull()
    world.clock.advance(600_000)
    expect((await signIn(email, PASSWORD, headers)).headers.get('idempotent-replayed')).toBeNull()
  })

  test('twice at once with the same Idempotency-Key begins one session', async () => {
    const { email } = await newPerson()
    const headers = { ...from, 'idempotency-key': 'at-once' }
    await Promise.all([1, 2].map(() => signIn(email, PASSWORD, headers)))
    const { body } = await signIn(email, PASSWORD, headers)
    expect(await auditOf(body.access, 'session.started')).toHaveLength(1)
  })
})

describe('refreshing', () => {
  test('trades a refresh token for the next pair, in one round trip', async () => {
    const session = await newSession()
    const { result, roundTrips } = await world.countRoundTrips(() => refresh(session.refresh))
    expect(result.status).toBe(200)
    expect(TokenPairSchema.strict().parse(result.body).refresh).not.toBe(session.refresh)
    expect(roundTrips).toBe(1)
    expect((await profileWith(result.body.access)).status).toBe(200)
    expect((await refresh(result.body.refresh)).status).toBe(200)
  })

  test('with a token used before ends the whole family, access tokens at once, and is audited', async () => {
    const session = await newSession()
    const second = await refresh(session.refresh)
    const third = await refresh(second.body.refresh)
    expect(await refresh(session.refresh)).toMatchObject({ status: 401, body: { code: 'refresh_token_reused' } })
    expect(await refresh(third.body.refresh)).toMatchObject({ status: 401, body: { code: 'refresh_token_invalid' } })
    for (const access of [session.access, second.body.access, third.body.access]) {
      expect(await profileWith(access)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    }
    const { body } = await signIn(session.email)
    expect(await auditOf(body.access, 'session.reuse_detected')).toMatchObject([
      {
        actor_id: session.userId,
        object_type: 'session',
        ip_address: from['cf-connecting-ip'],
        user_agent: 'kora/1.0',
      },
    ])
  })

  test('twice at once gives one next pair, and ends the family', async () => {
    const session = await newSession()
    const answers = await Promise.all([1, 2].map(() => refresh(session.refresh)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    expect((await profileWith(session.access)).body.code).toBe('session_ended')
  })

  test('survives a lost answer when the request carries an Idempotency-Key', async () => {
    const session = await newSession()
    const key = { 'idempotency-key': 'refresh-1' }
    const answers = await Promise.all([1, 2, 3].map(() => refresh(session.refresh, key)))
    const [first] = answers
    expect(answers.map(({ body }) => body)).toEqual(Array(3).fill(first?.body))
    expect(answers.map(({ headers }) => headers.get('idempotent-replayed')).sort()).toEqual(
      ['true', 'true', null].sort(),
    )
    expect((await refresh(first?.body.refresh)).status).toBe(200)
  })

  test.each([
    ['under another key', { 'idempotency-key': 'another' }, () => {}],
    ['without a key', {}, () => {}],
    ['ten minutes later', { 'idempotency-key': 'refresh-2' }, () => world.clock.advance(600_000)],
  ])('is reuse when a token is sent again %s', async (_, headers, meanwhile) => {
    const session = await newSession()
    await refresh(session.refresh, { 'idempotency-key': 'refresh-2' })
    meanwhile()
    expect((await refresh(session.refresh, headers)).body.code).toBe('refresh_token_reused')
  })

  test('is reuse when the next token of a repeated request was used already', async () => {
    const session = await newSession()
    const key = { 'idempotency-key': 'refresh-3' }
    const next = await refresh(session.refresh, key)
    await refresh(next.body.refresh)
    expect((await refresh(session.refresh, key)).body.code).toBe('refresh_token_reused')
  })

  test('ends with the session, thirty days after logging in, however often it was refreshed', async () => {
    const session = await newSession()
    world.clock.advance(29 * 86_400_000)
    const next = await refresh(session.refresh)
    expect(next.status).toBe(200)
    world.clock.advance(86_400_000)
    expect((await refresh(next.body.refresh)).body.code).toBe('refresh_token_invalid')
  })

  test.each([
    ['of no form', 'pbr_short'],
    ['that is an API key', 'pb_test_0000000000000000000000000000000000000000000000000'],
  ])('refuses a token %s without asking the database', async (_, token) => {
    const { result, roundTrips } = await world.countRoundTrips(() => refresh(token))
    expect(result).toMatchObject({ status: 401, body: { code: 'refresh_token_invalid' } })
    expect(roundTrips).toBe(0)
  })
})

describe('logging out', () => {
  test('ends the session and its access tokens at once, in one round trip, and is audited once', async () => {
    const session = await newSession()
    const logout = () => visitor.post(LOGOUT, { refresh: session.refresh }, from)
    const { result, roundTrips } = await world.countRoundTrips(logout)
    expect(result).toMatchObject({ status: 200, body: {} })
    expect(roundTrips).toBe(1)
    expect((await profileWith(session.access)).body.code).toBe('session_ended')
    expect((await refresh(session.refresh)).body.code).toBe('refresh_token_invalid')
    expect((await logout()).status).toBe(200)
    const { body } = await signIn(session.email)
    expect(await auditOf(body.access, 'session.ended')).toMatchObject([
      { actor_id: session.userId, ip_address: from['cf-connecting-ip'], user_agent: 'kora/1.0' },
    ])
  })

  test("leaves the person's other sessions alone", async () => {
    const session = await newSession()
    const { body } = await signIn(session.email)
    await visitor.post(LOGOUT, { refresh: session.refresh }, from)
    expect((await profileWith(body.access)).status).toBe(200)
  })

  test('with a token that is no good is well', async () => {
    expect((await visitor.post(LOGOUT, { refresh: 'pbr_nothing' }, from)).status).toBe(200)
  })
})

describe('an access token', () => {
  const NEXT_KEY = 'test-2:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8='
  const FIRST_KEY = 'test-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8='

  /** Does the work while tokens are signed with other keys. */
  async function withKeys<T>(keys: string, work: () => Promise<T>): Promise<T> {
    const before = world.deps.tokens
    world.deps.tokens = parseKeyRing('sign', keys)
    try {
      return await work()
    } finally {
      world.deps.tokens = before
    }
  }

  test('stays good while its key is in the ring: keys turn over without logging anybody out', async () => {
    const session = await newSession()
    await withKeys(`${NEXT_KEY},${FIRST_KEY}`, async () => {
      expect((await profileWith(session.access)).status).toBe(200)
      const { body } = await refresh(session.refresh)
      const [header = ''] = String(body.access).split('.')
      expect(JSON.parse(atob(header))).toMatchObject({ kid: 'test-2' })
      expect((await profileWith(body.access)).status).toBe(200)
    })
    await withKeys(NEXT_KEY, async () => {
      expect((await profileWith(session.access)).body.code).toBe('access_token_invalid')
    })
  })

  test('ends after a quarter of an hour', async () => {
    const session = await newSession()
    world.clock.advance(899_000)
    expect((await profileWith(session.access)).status).toBe(200)
    world.clock.advance(1_000)
    expect((await profileWith(session.access)).body.code).toBe('access_token_expired')
  })
})

describe('what is sent', () => {
  const PERSON = { email: 'ada@merchant.test', password: PASSWORD, company_name: 'Kora', country: 'NG' }

  test.each<[string, string, unknown, Record<string, string>, { status: number; code: string; field?: string }]>([
    [
      'an unknown field',
      REGISTER,
      { ...PERSON, kyc_status: 'verified' },
      {},
      { status: 422, code: 'validation_failed', field: 'kyc_status' },
    ],
    [
      'a missing field',
      REGISTER,
      { ...PERSON, country: undefined },
      {},
      { status: 422, code: 'validation_failed', field: 'country' },
    ],
    [
      'a password of nine characters',
      REGISTER,
      { ...PERSON, password: 'nine char' },
      {},
      { status: 422, code: 'validation_failed', field: 'password' },
    ],
    [
      'a password beyond 1024 characters',
      REGISTER,
      { ...PERSON, password: 'p'.repeat(1025) },
      {},
      { status: 422, code: 'validation_failed', field: 'password' },
    ],
    [
      'a password beyond 1024 bytes',
      REGISTER,
      { ...PERSON, password: 'é'.repeat(513) },
      {},
      { status: 422, code: 'validation_failed', field: 'password' },
    ],
    [
      'an e-mail that is none',
      REGISTER,
      { ...PERSON, email: 'ada' },
      {},
      { status: 422, code: 'validation_failed', field: 'email' },
    ],
    [
      'a currency that is none',
      REGISTER,
      { ...PERSON, preferred_currency: 'XXX' },
      {},
      { status: 422, code: 'validation_failed', field: 'preferred_currency' },
    ],
    [
      'a NUL',
      REGISTER,
      { ...PERSON, company_name: 'Ko\0ra' },
      {},
      { status: 422, code: 'validation_failed', field: 'company_name' },
    ],
    [
      'half of a surrogate pair',
      REGISTER,
      { ...PERSON, company_name: 'Kora \ud83d' },
      {},
      { status: 422, code: 'validation_failed', field: 'company_name' },
    ],
    [
      'an unknown field',
      TOKEN,
      { email: 'a@b.test', password: 'x', username: 'ada' },
      {},
      { status: 422, code: 'validation_failed', field: 'username' },
    ],
    ['no body', TOKEN, undefined, {}, { status: 422, code: 'validation_failed', field: 'email' }],
    ['a list', TOKEN, [], {}, { status: 422, code: 'validation_failed', field: 'body' }],
    [
      'half of a surrogate pair in the password',
      TOKEN,
      { email: 'a@b.test', password: '\udc00' },
      {},
      { status: 422, code: 'validation_failed', field: 'password' },
    ],
    [
      'another content type',
      TOKEN,
      'email=a%40b.test',
      { 'content-type': 'application/x-www-form-urlencoded' },
      { status: 415, code: 'content_type_unsupported' },
    ],
    ['broken JSON', TOKEN, '{"email":', {}, { status: 400, code: 'body_malformed' }],
    [
      'more than a mebibyte',
      TOKEN,
      { email: 'a@b.test', password: 'p'.repeat(1_048_576) },
      {},
      { status: 413, code: 'body_too_large' },
    ],
    [
      'a token that is too long',
      REFRESH,
      { refresh: 'p'.repeat(201) },
      {},
      { status: 422, code: 'validation_failed', field: 'refresh' },
    ],
    ['a missing token', LOGOUT, {}, {}, { status: 422, code: 'validation_failed', field: 'refresh' }],
    [
      'a malformed Idempotency-Key',
      LOGOUT,
      { refresh: 'x' },
      { 'idempotency-key': 'a b' },
      { status: 422, code: 'idempotency_key_malformed' },
    ],
  ])('with %s (%s) is refused without asking the database', async (_, path, body, headers, refusal) => {
    const { result, roundTrips } = await world.countRoundTrips(() => visitor.post(path, body, { ...from, ...headers }))
    expect(result).toMatchObject({ status: refusal.status, body: { code: refusal.code } })
    expect(result.body.errors?.[0].field).toBe(refusal.field)
    expect(roundTrips).toBe(0)
  })
})

test('no password and no token is in any log line, audit entry or refusal', async () => {
  const session = await newSession()
  const wrong = 'the wrong pass phrase'
  const refused = await signIn(session.email, wrong)
  const next = await refresh(session.refresh, { 'idempotency-key': 'hush' })
  const audit = await caller(world.app, next.body.access).get('/api/v1/audit-logs/?limit=100')
  const reused = await refresh(session.refresh)
  const seen = JSON.stringify([world.logLines, refused.body, audit.body, reused.body])
  expect(world.logLines.length).toBeGreaterThan(3)
  for (const secret of [PASSWORD, wrong, session.access, session.refresh, next.body.access, next.body.refresh]) {
    expect(seen).not.toContain(secret)
  }
})
