/** What payers do, and how we come to know of it. */

import { expect } from 'vitest'
import type { MoneyAccident } from '../../../local/simulators/kit/driver.ts'
import type { Case, Theme } from '../case.ts'
import { DAY, type Kit, MINUTE, type OpenPayment } from '../kit.ts'
import { CLOSING, moneyAccident, OPEN_ENDED, PAY_DELAYED, PAY_LATE, PAY_TWICE, type Subject } from '../subject.ts'

export const paymentCases: Theme = (subject) => [
  ...LEARNING.map(learnsOf),
  ...MANY_NEWS,
  ...DECLINES,
  ...WALKING_AWAY,
  ...DELAYS,
  ...moneyAccidents(subject).map(endsInReview),
  ...FEES,
  ...SECOND_PAYMENTS,
  ...CANCELLING,
  ...ASKING,
]

interface WayToLearn {
  what: string
  /** After the payer has paid. */
  learn(kit: Kit, payment: OpenPayment): Promise<unknown>
}

const LEARNING: readonly WayToLearn[] = [
  { what: 'by its webhook', learn: (kit) => kit.hear() },
  { what: 'by asking, on the merchant’s demand', learn: (kit, payment) => kit.verify(payment) },
  { what: 'by the sweep, though nothing is heard', learn: (kit) => withoutWebhooks(kit, () => kit.pass(2 * MINUTE)) },
  {
    what: 'by the sweep at the deadline, and not given up',
    learn: (kit) => withoutWebhooks(kit, () => kit.pass(DAY)),
  },
  {
    what: 'by its webhook, though the queue loses every message',
    async learn(kit) {
      await kit.world.simulators.deliverDueWebhooks()
      await kit.world.settled()
      kit.world.jobs.splice(0)
      await kit.pass(MINUTE)
    },
  },
  { what: 'by asking first and hearing afterwards', learn: (kit, payment) => kit.verify(payment).then(kit.hear) },
  {
    what: 'by hearing first and asking afterwards',
    learn: (kit, payment) => kit.hear().then(() => kit.verify(payment)),
  },
]

async function withoutWebhooks(kit: Kit, deed: () => Promise<void>): Promise<void> {
  // What was sent before is lost as well.
  await kit.capture(deed)
}

function learnsOf({ what, learn }: WayToLearn): Case {
  return {
    name: `a payment is known ${what}`,
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      await learn(kit, payment)
      await kit.expectPaidOnce(payment)
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.succeeded'])
    },
  }
}

const MANY_NEWS: readonly Case[] = [
  {
    name: 'heard, asked after, swept and reconciled, a payment is told once',
    async run(kit) {
      const payment = await kit.openPaid()
      await kit.verify(payment)
      await kit.pass(DAY)
      await kit.reconcile()
      await kit.hear()
      await kit.expectPaidOnce(payment)
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.succeeded'])
    },
  },
  {
    name: 'two payments that are paid the wrong way round succeed each for itself',
    async run(kit) {
      const [one, other] = [await kit.open(), await kit.open({ amount: kit.subject.money.amount * 2 })]
      kit.driver.pay(other.reference)
      kit.driver.pay(one.reference)
      await kit.hear()
      await kit.expectPaidOnce(one)
      await kit.expectPaidOnce(other)
    },
  },
  {
    name: 'of two payments the paid one succeeds, and the other waits',
    async run(kit) {
      const [one, other] = [await kit.open(), await kit.open()]
      kit.driver.pay(other.reference)
      await kit.hear()
      await kit.pass(2 * MINUTE)
      await kit.expectPaidOnce(other)
      await kit.expectStatus(one, 'pending')
    },
  },
  {
    name: 'two merchants’ payments at one provider are each their own',
    async run(kit) {
      const stranger = await kit.connectParty()
      const [ours, theirs] = [await kit.open(), await kit.open({}, stranger)]
      kit.driver.pay(theirs.reference)
      await kit.hear()
      await kit.expectStatus(theirs, 'succeeded', stranger)
      await kit.expectStatus(ours, 'pending')
    },
  },
]

const DECLINES: readonly Case[] = [
  {
    name: 'a declined try leaves the payment pending, and its page open',
    async run(kit) {
      const payment = await kit.open()
      kit.driver.decline(payment.reference)
      await kit.hear()
      expect((await kit.verify(payment)).body).toMatchObject({
        status: 'pending',
        confirmed: true,
        checkout_url: payment.checkoutUrl,
      })
    },
  },
  {
    name: 'declined three times and then paid, a payment has succeeded',
    async run(kit) {
      const payment = await kit.open()
      for (let tries = 0; tries < 3; tries++) {
        kit.driver.decline(payment.reference)
        await kit.hear()
      }
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'declined and then paid, a payment has succeeded, whichever is heard of first',
    async run(kit) {
      const payment = await kit.open()
      kit.driver.decline(payment.reference)
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'declined and never paid, a payment is over at its deadline, and not before',
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      kit.driver.decline(payment.reference)
      await kit.pass(59 * MINUTE)
      await kit.expectStatus(payment, 'pending')
      await kit.pass(MINUTE)
      expect(['failed', 'expired']).toContain((await kit.look(payment)).status)
    },
  },
  {
    name: 'declined and then over, a payment that can be closed takes no money any more',
    needs: [CLOSING],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      kit.driver.decline(payment.reference)
      await kit.pass(61 * MINUTE)
      expect(kit.triesToPay(payment.reference)).toBe(false)
    },
  },
]

const WALKING_AWAY: readonly Case[] = [
  {
    name: 'a page that nobody pays expires at the deadline, and not before',
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      await kit.pass(59 * MINUTE)
      await kit.expectStatus(payment, 'pending')
      await kit.pass(MINUTE)
      await kit.expectStatus(payment, 'expired')
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.expired'])
    },
  },
  {
    name: 'an expired page is closed: nobody can pay there',
    needs: [CLOSING],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      await kit.pass(61 * MINUTE)
      expect(kit.triesToPay(payment.reference)).toBe(false)
      await kit.pass(3 * DAY)
      await kit.expectStatus(payment, 'expired')
    },
  },
  {
    name: 'an expired page that cannot be closed and is paid after all has succeeded',
    needs: [OPEN_ENDED, PAY_LATE],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      await kit.pass(61 * MINUTE)
      await kit.expectStatus(payment, 'expired')
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.expired', 'payment.succeeded'])
    },
  },
  {
    name: 'an expired page that cannot be closed is asked after for days, should its webhook be lost',
    needs: [OPEN_ENDED, PAY_LATE],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      await kit.pass(61 * MINUTE)
      kit.loseWebhooks()
      kit.driver.pay(payment.reference)
      await kit.until('the late payment is found', async () => (await kit.look(payment)).status === 'succeeded')
    },
  },
  {
    name: 'paid after the deadline and before anybody closed it, a payment has succeeded',
    needs: [PAY_LATE],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      kit.world.clock.advance(62 * MINUTE)
      kit.driver.pay(payment.reference)
      await kit.pass(MINUTE)
      await kit.expectPaidOnce(payment)
    },
  },
]

const DELAYS: readonly Case[] = [
  {
    name: 'money on its way is processing, and succeeds when it arrives',
    needs: [PAY_DELAYED],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.beginDelayed(payment.reference)
      await kit.hear()
      await kit.verify(payment)
      await kit.expectStatus(payment, 'processing')
      kit.driver.endDelayed(payment.reference, 'paid')
      await kit.hear()
      await kit.expectPaidOnce(payment)
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.processing', 'payment.succeeded'])
    },
  },
  {
    name: 'money on its way at the deadline that arrives afterwards has succeeded',
    needs: [PAY_DELAYED],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      kit.driver.beginDelayed(payment.reference)
      await kit.pass(61 * MINUTE)
      kit.driver.endDelayed(payment.reference, 'paid')
      await kit.pass(MINUTE)
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'money on its way that arrives unheard is found by asking',
    needs: [PAY_DELAYED],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.beginDelayed(payment.reference)
      await kit.verify(payment)
      kit.loseWebhooks()
      kit.driver.endDelayed(payment.reference, 'paid')
      await kit.until('the payment is found', async () => (await kit.look(payment)).status === 'succeeded')
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'money that never arrives is a failure in the end, and never a success',
    needs: [PAY_DELAYED],
    async run(kit) {
      const payment = await kit.open({ expires_in: 3600 })
      kit.driver.beginDelayed(payment.reference)
      await kit.hear()
      kit.driver.endDelayed(payment.reference, 'failed')
      await kit.until('the payment is over', async () =>
        ['failed', 'expired'].includes((await kit.look(payment)).status),
      )
    },
  },
  {
    name: 'while the customer is paying, the payment is not called off',
    needs: [PAY_DELAYED, CLOSING],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.beginDelayed(payment.reference)
      expect(await kit.cancel(payment)).toMatchObject({ status: 409, body: { code: 'transaction_being_paid' } })
      kit.driver.endDelayed(payment.reference, 'paid')
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'called off while the customer is paying at a page that cannot be closed, a payment succeeds all the same',
    needs: [PAY_DELAYED, OPEN_ENDED],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.beginDelayed(payment.reference)
      expect(await kit.cancel(payment)).toMatchObject({ status: 200, body: { status: 'cancelled' } })
      kit.driver.endDelayed(payment.reference, 'paid')
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
]

interface NamedAccident {
  what: string
  accident: MoneyAccident
}

function moneyAccidents({ money: { amount }, otherCurrency }: Subject): NamedAccident[] {
  const half = Math.floor(amount / 2)
  return [
    { what: 'one unit more', accident: { kind: 'wrong_amount', delta: 1 } },
    { what: 'one unit less', accident: { kind: 'wrong_amount', delta: -1 } },
    { what: 'half as much', accident: { kind: 'wrong_amount', delta: -half } },
    { what: 'twice as much', accident: { kind: 'wrong_amount', delta: amount } },
    { what: 'the same number of another currency', accident: { kind: 'wrong_currency', currency: otherCurrency } },
    { what: 'all but a unit of what was asked', accident: { kind: 'partial_payment', shortBy: 1 } },
    { what: 'half of what was asked', accident: { kind: 'partial_payment', shortBy: half } },
  ]
}

function endsInReview({ what, accident }: NamedAccident): Case {
  return {
    name: `where ${what} was paid (${accident.kind}), somebody has to look, and it is no success`,
    needs: [moneyAccident(accident.kind)],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference, accident)
      await kit.hear()
      const found = await kit.look(payment)
      expect(found.status).toBe('requires_review')
      expect(found.review_reason).toMatch(/^(amount|currency|collected_amount)_mismatch$/)
      // It stays so, whoever asks again.
      await kit.verify(payment)
      await kit.pass(2 * DAY)
      await kit.expectStatus(payment, 'requires_review')
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.requires_review'])
    },
  }
}

const FEES: readonly Case[] = [
  {
    name: 'a payer who bears the fee has paid what was asked, and the merchant is left with all of it',
    needs: [moneyAccident('fee_on_payer')],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference, { kind: 'fee_on_payer' })
      await kit.hear()
      await kit.expectPaidOnce(payment)
      const { fee, net_amount, amount } = await kit.look(payment)
      expect(fee).toBeGreaterThan(0)
      expect(net_amount).toBe(amount)
    },
  },
  {
    name: 'a fee that is told and what is left make up the payment',
    async run(kit) {
      const { amount, fee, net_amount } = await kit.look(await kit.openPaid())
      expect(net_amount + (fee ?? 0)).toBe(amount)
      expect(net_amount).toBeGreaterThan(0)
    },
  },
]

const SECOND_PAYMENTS: readonly Case[] = [
  {
    name: 'paid twice before anything is heard, a payment is somebody’s to look at',
    needs: [PAY_TWICE],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      kit.driver.payAgain(payment.reference)
      await kit.hear()
      await expectSecondTold(kit, payment)
    },
  },
  {
    name: 'paid again after its success was told, a payment stays succeeded, and the second charge is told',
    needs: [PAY_TWICE],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.driver.payAgain(payment.reference)
      await kit.hear()
      await kit.expectStatus(payment, 'succeeded')
      await expectSecondTold(kit, payment)
    },
  },
  {
    name: 'paid again unheard, the second charge is found by reconciliation, and told once',
    needs: [PAY_TWICE],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.loseWebhooks()
      kit.driver.payAgain(payment.reference)
      await kit.world.clock.advance(MINUTE)
      await kit.reconcile()
      await kit.reconcile()
      await expectSecondTold(kit, payment)
    },
  },
]

async function expectSecondTold(kit: Kit, payment: OpenPayment): Promise<void> {
  const found = await kit.look(payment)
  const duplicates = (await kit.eventsOf(payment)).filter((type) => type === 'payment.duplicate_charge')
  expect(duplicates).toHaveLength(1)
  expect(found.attempts.at(-1)).toMatchObject({ status: 'succeeded', is_duplicate: true })
}

const CANCELLING: readonly Case[] = [
  {
    name: 'a payment that is called off is cancelled, and its page is not shown any more',
    async run(kit) {
      const payment = await kit.open()
      expect(await kit.cancel(payment)).toMatchObject({
        status: 200,
        body: { status: 'cancelled', checkout_url: null },
      })
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.cancelled'])
      await kit.hear()
      await kit.pass(3 * DAY)
      await kit.expectStatus(payment, 'cancelled')
    },
  },
  {
    name: 'the page of a payment that was called off is closed: nobody can pay there',
    needs: [CLOSING],
    async run(kit) {
      const payment = await kit.open()
      await kit.cancel(payment)
      expect(kit.triesToPay(payment.reference)).toBe(false)
    },
  },
  {
    name: 'called off at a page that cannot be closed and paid after all, a payment has succeeded',
    needs: [OPEN_ENDED],
    async run(kit) {
      const payment = await kit.open()
      await kit.cancel(payment)
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.cancelled', 'payment.succeeded'])
    },
  },
  {
    name: 'called off after a declined try, a payment is cancelled',
    async run(kit) {
      const payment = await kit.open()
      kit.driver.decline(payment.reference)
      await kit.hear()
      expect(await kit.cancel(payment)).toMatchObject({ status: 200, body: { status: 'cancelled' } })
      await kit.pass(3 * DAY)
      await kit.expectStatus(payment, 'cancelled')
    },
  },
  {
    name: 'a payment that has succeeded is not called off',
    async run(kit) {
      const payment = await kit.openPaid()
      expect(await kit.cancel(payment)).toMatchObject({ status: 409, body: { code: 'transaction_not_cancellable' } })
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a payment that was paid and not heard of is not called off',
    needs: [CLOSING],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      expect(await kit.cancel(payment)).toMatchObject({ status: 409, body: { code: 'transaction_being_paid' } })
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a payment that was paid and not heard of, called off where that closes nothing, succeeds all the same',
    needs: [OPEN_ENDED],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      expect((await kit.cancel(payment)).status).toBe(200)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'called off twice, a payment is cancelled once',
    async run(kit) {
      const payment = await kit.open()
      await kit.cancel(payment)
      expect(await kit.cancel(payment)).toMatchObject({ status: 409, body: { code: 'transaction_not_cancellable' } })
      expect(await kit.eventsOf(payment)).toEqual(['payment.created', 'payment.cancelled'])
    },
  },
]

const ASKING: readonly Case[] = [
  {
    name: 'that nobody has paid yet is a clear answer, however often it is asked',
    async run(kit) {
      const payment = await kit.open()
      for (let times = 0; times < 3; times++) {
        kit.world.clock.advance(5_000)
        expect((await kit.verify(payment)).body).toMatchObject({
          status: 'pending',
          confirmed: true,
          checkout_url: payment.checkoutUrl,
        })
      }
      expect(await kit.eventsOf(payment)).toEqual(['payment.created'])
    },
  },
  {
    name: 'asked ten times at once, the provider is asked once',
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      const once = await kit.countCalls(() => kit.verify(payment))
      await kit.expectPaidOnce(payment)
      const other = await kit.open()
      kit.driver.pay(other.reference)
      const ten = await kit.countCalls(() => Promise.all(Array.from({ length: 10 }, () => kit.verify(other))))
      expect(ten).toBe(once)
      await kit.expectPaidOnce(other)
    },
  },
]
