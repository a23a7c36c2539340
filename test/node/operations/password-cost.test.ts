/**
 * How often the slow hash runs, which is what takes the time: the clock on the wall says nothing that a test can rely
 * on. In Node, because scrypt can be watched there.
 */
import { neonConfig } from '@neondatabase/serverless'
import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { parseKeyRing } from '../../../src/crypto/key-ring.ts'
import { connect } from '../../../src/db/client.ts'
import { newId } from '../../../src/domain/ids.ts'
import { LIMITS } from '../../../src/domain/limits.ts'
import type { Outcome } from '../../../src/domain/problem.ts'
import { signUp } from '../../../src/operations/identity/registration.ts'
import { signIn } from '../../../src/operations/identity/sessions.ts'
import { fakeClock } from '../../support/clock.ts'
import { bridgeEndpoint, databaseUrl, superuserUrl } from '../../support/provided.ts'
import { seededRandom } from '../../support/random.ts'

const scrypt = vi.hoisted(() => ({ runs: 0 }))
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<{ scrypt: (...rest: unknown[]) => void }>()
  return {
    ...original,
    scrypt(...rest: unknown[]) {
      scrypt.runs += 1
      return original.scrypt(...rest)
    },
  }
})

neonConfig.fetchEndpoint = bridgeEndpoint
let requests = 0
const observer = {
  roundTrip: () => {
    requests += 1
  },
  entered: () => {},
}
const deps = {
  api: connect(databaseUrl('paybridge_api', 't_password_cost'), observer),
  tokens: parseKeyRing('sign', 'test-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8='),
  clock: fakeClock(new Date('2026-11-24T09:00:00.000Z')),
  random: seededRandom(5).bytes,
}
const owner = connect(superuserUrl('t_password_cost'), { roundTrip: () => {}, entered: () => {} })

const PASSWORD = 'a rather long pass phrase'

let addresses = 0

function visitor(idempotencyKey?: string) {
  addresses += 1
  return {
    ipAddress: `198.51.100.${addresses}`,
    userAgent: undefined,
    requestId: newId('req', deps.clock.now().getTime(), deps.random),
    idempotencyKey,
    requestHash: '0'.repeat(64),
  }
}

const register = (email: string, from = visitor()) =>
  signUp(deps, from, {
    email,
    password: PASSWORD,
    firstName: '',
    lastName: '',
    phoneNumber: null,
    companyName: 'Kora Stores',
    country: 'NG',
    businessType: null,
    developerType: 'other',
    preferredCurrency: 'NGN',
  })

const logIn = (email: string, password = PASSWORD) => signIn(deps, visitor(), { email, password })

async function costOf(work: () => Promise<Outcome<unknown>>) {
  const before = { hashes: scrypt.runs, requests }
  const outcome = await work()
  return {
    hashes: scrypt.runs - before.hashes,
    roundTrips: requests - before.requests,
    code: outcome.ok ? 'done' : outcome.problem.code,
  }
}

test('an unknown e-mail and a wrong password cost the same: one hash, one round trip', async () => {
  await register('known@merchant.test')
  const wrong = await costOf(() => logIn('known@merchant.test', 'not the pass phrase'))
  const unknown = await costOf(() => logIn('unknown@merchant.test', 'not the pass phrase'))
  expect(wrong).toEqual({ hashes: 1, roundTrips: 1, code: 'sign_in_refused' })
  expect(unknown).toEqual(wrong)
})

test('a right password costs one hash, and another only where its stored hash is of another cost', async () => {
  await register('old@merchant.test')
  // RFC 7914, section 12: N=16384, r=8, p=1, of "pleaseletmein".
  const weaker = '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'
  const { db } = owner
  await owner.run(undefined, [
    db.execute(sql`update users set password_hash = ${weaker} where email = 'old@merchant.test'`),
  ])
  const costs = [
    await costOf(() => logIn('old@merchant.test', 'pleaseletmein')),
    await costOf(() => logIn('old@merchant.test', 'pleaseletmein')),
  ]
  expect(costs).toEqual([
    { hashes: 2, roundTrips: 2, code: 'done' },
    { hashes: 1, roundTrips: 2, code: 'done' },
  ])
})

test('beyond the limit nothing is hashed, whatever the password', async () => {
  await register('busy@merchant.test')
  for (let n = 0; n < LIMITS.signInAttemptsPerAccount; n++) await logIn('busy@merchant.test', 'not the pass phrase')
  const limited = { hashes: 0, roundTrips: 1, code: 'sign_in_limited' }
  expect(await costOf(() => logIn('busy@merchant.test'))).toEqual(limited)
})

test('registering costs one hash; repeated, or beyond the limit, none', async () => {
  const from = visitor('sign-up')
  const repeat = () => register('one@merchant.test', from)
  expect(await costOf(repeat)).toEqual({ hashes: 1, roundTrips: 2, code: 'done' })
  for (let n = 1; n < LIMITS.registrationAttemptsPerAccount; n++) {
    expect(await costOf(repeat)).toEqual({ hashes: 0, roundTrips: 1, code: 'done' })
  }
  expect(await costOf(repeat)).toEqual({ hashes: 0, roundTrips: 1, code: 'registration_limited' })
})
