/** Calls that go wrong, each operation in every way: when it is over, everything settles as if it had not been. */

import { expect } from 'vitest'
import type { CallAccident, Operation } from '../../../local/simulators/kit/driver.ts'
import { LIMITS } from '../../../src/domain/limits.ts'
import type { Case, Theme } from '../case.ts'
import { type Kit, MINUTE, PROVIDERS_PATH, RUNS } from '../kit.ts'
import { ALL_REFUNDS_LISTED, CLOSING, type Need, REFUNDS_TOLD } from '../subject.ts'

/** Opening pages, and finding out what became of payments. */
export const paymentAccidents: Theme = () => [
  ...casesOf('create_checkout', 'a page that is opened', opensOnePage),
  ...casesOf('confirm', 'a payment that is asked after', learnsOfThePayment),
  ...casesOf('close_checkout', 'a page that is closed', closesThePage, [CLOSING]),
]

export const refundAccidents: Theme = () => [
  ...casesOf('create_refund', 'a refund that is sent', refundsOnce),
  ...casesOf('read_refunds', 'a refund that is asked after', learnsOfTheRefund),
]

/** What only reads. */
export const readingAccidents: Theme = () => [
  ...casesOf('list_payments', 'a list that is read', finishesTheRun),
  ...casesOf('read_refunds', 'a list of all refunds that is read', finishesTheRunWithRefunds, [ALL_REFUNDS_LISTED]),
  ...casesOf('check_credentials', 'a key that is tried', neverCallsTheKeyWrong),
]

type Mishap = CallAccident & { operation?: never; times?: never }

interface NamedMishap {
  what: string
  mishap: Mishap
  /** Whether the call is answered all the same, in time and rightly. */
  isHarmless: boolean
}

const PATIENT_MS = LIMITS.providerTimeoutMs / 4
const TOO_LONG_MS = LIMITS.providerTimeoutMs * 2

const harmful = (what: string, mishap: Mishap): NamedMishap => ({ what, mishap, isHarmless: false })

const MISHAPS: readonly NamedMishap[] = [
  { what: 'slow, and in time', mishap: { kind: 'slow', ms: PATIENT_MS, when: 'before' }, isHarmless: true },
  harmful('slow, and done too late', { kind: 'slow', ms: TOO_LONG_MS, when: 'before' }),
  harmful('slow, and answered too late', { kind: 'slow', ms: TOO_LONG_MS, when: 'after' }),
  harmful('refused a connection', { kind: 'down' }),
  harmful('cut off before it is done', { kind: 'cut', when: 'before', how: 'reset' }),
  harmful('cut off after it is done', { kind: 'cut', when: 'after', how: 'reset' }),
  harmful('never answered and not done', { kind: 'cut', when: 'before', how: 'hang' }),
  harmful('never answered and done', { kind: 'cut', when: 'after', how: 'hang' }),
  harmful('one of too many', { kind: 'rate_limited' }),
  harmful('broken off by the server before it is done', { kind: 'server_error', when: 'before' }),
  harmful('broken off by the server after it is done', { kind: 'server_error', when: 'after' }),
  harmful('answered with a page of HTML before it is done', { kind: 'html_error_page', when: 'before' }),
  harmful('answered with a page of HTML after it is done', { kind: 'html_error_page', when: 'after' }),
  harmful('answered with half of its JSON', { kind: 'malformed_json' }),
  harmful('answered without the field that matters', { kind: 'field_missing' }),
]

type Trial = (kit: Kit, strike: () => void, isHarmless: boolean) => Promise<void>

function casesOf(operation: Operation, what: string, trial: Trial, needs: readonly Need[] = []): Case[] {
  return MISHAPS.map(({ what: how, mishap, isHarmless }) => ({
    name: `${operation}: ${what} and is ${how}`,
    needs,
    run: (kit) => trial(kit, () => kit.accident({ ...mishap, operation }), isHarmless),
  }))
}

/** One page can be paid, and it is paid once. */
async function opensOnePage(kit: Kit, strike: () => void, isHarmless: boolean): Promise<void> {
  strike()
  const started = await kit.start()
  kit.endAccidents()
  expect(started.status).toBe(isHarmless ? 201 : 202)
  const payment = { id: String(started.body.id) }
  await kit.until('there is a page', async () => (await kit.look(payment)).checkout_url !== null)
  const { attempts, status } = await kit.look(payment)
  expect(status).toBe('pending')
  expect(attempts.filter((attempt: { status: string }) => attempt.status === 'open')).toHaveLength(1)
  kit.driver.pay(await kit.referenceOf(payment.id))
  await kit.hear()
  await kit.expectPaidOnce(payment)
}

/** Told of by its webhook, and asked after on demand: neither is believed before the provider says so clearly. */
async function learnsOfThePayment(kit: Kit, strike: () => void, isHarmless: boolean): Promise<void> {
  const payment = await kit.open()
  kit.driver.pay(payment.reference)
  strike()
  await kit.hear()
  const { body } = await kit.verify(payment)
  expect(body).toMatchObject(
    isHarmless ? { status: 'succeeded', confirmed: true } : { status: 'pending', confirmed: false },
  )
  await kit.pass(2 * MINUTE)
  kit.endAccidents()
  await kit.until('the payment is known', async () => (await kit.look(payment)).status === 'succeeded')
  await kit.expectPaidOnce(payment)
}

async function closesThePage(kit: Kit, strike: () => void): Promise<void> {
  const payment = await kit.open({ expires_in: 3600 })
  strike()
  const cancelled = await kit.cancel(payment)
  kit.endAccidents()
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
  await kit.pass(61 * MINUTE)
  expect(kit.triesToPay(payment.reference), 'somebody can still pay').toBe(false)
  await kit.expectStatus(payment, 'cancelled')
}

/** The money goes back once, whatever is known of it in between. */
async function refundsOnce(kit: Kit, strike: () => void, isHarmless: boolean): Promise<void> {
  const payment = await kit.openPaid()
  const amount = Math.floor(kit.subject.money.amount / 2)
  strike()
  const asked = await kit.refund(payment, { amount })
  kit.endAccidents()
  expect(asked.status).toBe(isHarmless ? 201 : 202)
  await kit.until('the refund is over', async () => {
    const [refund] = await kit.refundsOf(payment)
    return refund.status === 'succeeded' || refund.status === 'requires_action'
  })
  const refunds = await kit.refundsOf(payment)
  expect(refunds).toHaveLength(1)
  // Where the provider doesn't list its refunds, what became of one may be a person's to find out.
  if (REFUNDS_TOLD.isMet(kit.subject)) expect(refunds[0]).toMatchObject({ status: 'succeeded', amount })
  const made = kit.booked(payment.reference).refunds
  expect(made).toMatchObject([{ amount, state: 'succeeded' }])
}

async function learnsOfTheRefund(kit: Kit, strike: () => void): Promise<void> {
  const payment = await kit.openPaid()
  strike()
  const asked = await kit.refund(payment)
  expect(asked.status).toBe(201)
  await kit.pass(3 * MINUTE)
  expect(['pending', 'succeeded']).toContain((await kit.refundsOf(payment))[0].status)
  kit.endAccidents()
  await kit.until('the refund is known', async () => (await kit.refundsOf(payment))[0].status === 'succeeded')
  expect(await kit.refundsOf(payment)).toHaveLength(1)
  expect(kit.booked(payment.reference).refunds).toMatchObject([
    { amount: kit.subject.money.amount, state: 'succeeded' },
  ])
}

async function finishesTheRun(kit: Kit, strike: () => void, isHarmless: boolean): Promise<void> {
  await completesARun(kit, await kit.openPaid(), strike, isHarmless)
}

/** With a row in the list, without which there is no field to be missing. */
async function finishesTheRunWithRefunds(kit: Kit, strike: () => void, isHarmless: boolean): Promise<void> {
  const payment = await kit.openPaid()
  expect((await kit.refund(payment)).status).toBe(201)
  await kit.until('the refund is over', async () => (await kit.refundsOf(payment))[0]?.status === 'succeeded')
  await completesARun(kit, payment, strike, isHarmless)
}

async function completesARun(
  kit: Kit,
  payment: { id: string },
  strike: () => void,
  isHarmless: boolean,
): Promise<void> {
  strike()
  const run = await kit.reconcile()
  kit.endAccidents()
  expect(run.status).toBe(isHarmless ? 'completed' : 'running')
  const found = async () => (await kit.api.get(`${RUNS}${run.id}/`)).body
  await kit.until('the run is completed', async () => (await found()).status === 'completed')
  expect(await found()).toMatchObject({ payments_listed: 1, drifts_found: 0, failure: null })
  await kit.expectPaidOnce(payment)
}

async function neverCallsTheKeyWrong(kit: Kit, strike: () => void, isHarmless: boolean): Promise<void> {
  const check = async () => (await kit.merchant.person.post(`${PROVIDERS_PATH}${kit.connectionId}/check/`)).body
  strike()
  expect((await check()).check_result).toBe(isHarmless ? 'valid' : 'unknown')
  kit.endAccidents()
  expect((await check()).check_result).toBe('valid')
}
