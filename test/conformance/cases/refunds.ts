/** Money that goes back, asked for here. */

import { expect } from 'vitest'
import type { RefundCourse, WebhookAccident } from '../../../local/simulators/kit/driver.ts'
import type { Currency } from '../../../src/domain/currencies.ts'
import type { CurrencyTerms } from '../../../src/providers/contract.ts'
import type { Case, Theme } from '../case.ts'
import { DAY, type Kit, MINUTE, type OpenPayment, transactionPath } from '../kit.ts'
import { expectRefunded, half, quarter, settleRefunds } from '../refunded.ts'
import {
  currencyOf,
  MODE_WITHOUT_REFUNDS,
  moneyAccident,
  PARTIAL_REFUNDS,
  payable,
  REFUND_MINIMUM,
  refundCourse,
  STEPS,
  type Subject,
  termsOf,
  WHOLE_REFUNDS_ONLY,
} from '../subject.ts'

export const refundCases: Theme = () => [
  ...WHOLE,
  ...PARTS,
  ...REFUSED,
  ...COURSES,
  ...REPEATS,
  ...ON_THEIR_WAY.map(tellsOnce),
]

const WHOLE: readonly Case[] = [
  {
    name: 'without an amount the whole payment goes back',
    async run(kit) {
      const payment = await kit.openPaid()
      const asked = await kit.refund(payment)
      const { amount, currency } = kit.subject.money
      expect(asked).toMatchObject({ status: 201, body: { amount, currency, origin: 'api' } })
      await expectRefunded(kit, payment, [amount])
    },
  },
  {
    name: 'a refund with its amount, and a reason in another script, goes back',
    async run(kit) {
      const payment = await kit.openPaid()
      const { amount } = kit.subject.money
      const reason = 'ሸሚዙ ተመልሷል 👕 — "too small" & late'
      expect(await kit.refund(payment, { amount, reason })).toMatchObject({ status: 201, body: { reason } })
      await expectRefunded(kit, payment, [amount])
    },
  },
  {
    name: 'a reason of 500 characters goes back',
    async run(kit) {
      const payment = await kit.openPaid()
      expect((await kit.refund(payment, { reason: 'too small. '.repeat(50).slice(0, 499) })).status).toBe(201)
      await expectRefunded(kit, payment, [kit.subject.money.amount])
    },
  },
  {
    name: 'a payment that was refunded stays succeeded, whoever asks',
    async run(kit) {
      const payment = await kit.openPaid()
      await kit.refund(payment)
      await settleRefunds(kit, payment)
      await kit.verify(payment)
      await kit.pass(DAY)
      await kit.expectPaidOnce(payment)
      const told = await kit.eventsOf(payment)
      expect(told.filter((type) => type.startsWith('payment.'))).toEqual(['payment.created', 'payment.succeeded'])
    },
  },
  {
    name: 'of a payer who bore the fee, what was asked goes back',
    needs: [moneyAccident('fee_on_payer')],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference, { kind: 'fee_on_payer' })
      await kit.hear()
      await kit.refund(payment)
      await expectRefunded(kit, payment, [kit.subject.money.amount])
    },
  },
]

const PARTS: readonly Case[] = [
  {
    name: 'a part goes back, and the rest is left',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      expect((await kit.refund(payment, { amount: half(kit.subject) })).status).toBe(201)
      await expectRefunded(kit, payment, [half(kit.subject)])
    },
  },
  {
    name: 'two equal parts and the rest are the whole',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      const part = quarter(kit.subject)
      for (const body of [{ amount: part }, { amount: part }, {}]) {
        expect((await kit.refund(payment, body)).status).toBe(201)
        await settleRefunds(kit, payment)
      }
      await expectRefunded(kit, payment, [part, part, kit.subject.money.amount - 2 * part])
    },
  },
  {
    name: 'a part goes back while another is on its way',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      const parts = [quarter(kit.subject), half(kit.subject)]
      for (const amount of parts) expect((await kit.refund(payment, { amount })).status).toBe(201)
      await expectRefunded(kit, payment, parts)
    },
  },
  {
    name: 'two equal parts at once are two refunds',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      const amount = half(kit.subject)
      const both = await Promise.all([kit.refund(payment, { amount }), kit.refund(payment, { amount })])
      expect(both.map(({ status }) => status)).toEqual([201, 201])
      await expectRefunded(kit, payment, [amount, amount])
    },
  },
  {
    name: 'of three halves at once one is refused, and nothing is sent for it',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      const amount = half(kit.subject)
      const three = await Promise.all([1, 2, 3].map(() => kit.refund(payment, { amount })))
      expect(three.map(({ status }) => status).sort()).toEqual([201, 201, 422])
      expect(three.find(({ status }) => status === 422)?.body.code).toBe('refund_exceeds_payment')
      await expectRefunded(kit, payment, [amount, amount])
    },
  },
  {
    name: 'the least that is sent back is sent back',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      const { refundMinimum = 1n, step = 1n } = termsIn(kit.subject, kit.subject.money.currency)
      const least = Math.max(Number(refundMinimum), Number(step))
      expect((await kit.refund(payment, { amount: least })).status).toBe(201)
      await expectRefunded(kit, payment, [least])
    },
  },
  {
    name: 'where only the whole is sent back, a part is refused, and nothing is sent',
    needs: [WHOLE_REFUNDS_ONLY],
    async run(kit) {
      const payment = await kit.openPaid()
      await expectRefundRefused(kit, payment, { amount: half(kit.subject) }, '422 refund_not_supported')
    },
  },
]

async function expectRefundRefused(kit: Kit, payment: OpenPayment, body: object, refusal: string): Promise<void> {
  const before = (await kit.refundsOf(payment)).length
  const calls = await kit.countCalls(async () => {
    const asked = await kit.refund(payment, body)
    expect(`${asked.status} ${asked.body.code}`).toBe(refusal)
  })
  expect(calls).toBe(0)
  expect(await kit.refundsOf(payment)).toHaveLength(before)
}

const REFUSED: readonly Case[] = [
  {
    name: 'more than was paid is not sent back, and nothing is sent',
    async run(kit) {
      const payment = await kit.openPaid()
      const { amount } = kit.subject.money
      await expectRefundRefused(kit, payment, { amount: amount + 1 }, '422 refund_exceeds_payment')
    },
  },
  {
    name: 'more than is left is not sent back, and nothing is sent',
    needs: [PARTIAL_REFUNDS],
    async run(kit) {
      const payment = await kit.openPaid()
      await kit.refund(payment, { amount: half(kit.subject) })
      await expectRefundRefused(kit, payment, { amount: half(kit.subject) + 1 }, '422 refund_exceeds_payment')
      await settleRefunds(kit, payment)
    },
  },
  {
    name: 'once all went back nothing more does',
    async run(kit) {
      const payment = await kit.openPaid()
      await kit.refund(payment)
      await settleRefunds(kit, payment)
      await expectRefundRefused(kit, payment, {}, '422 refund_exceeds_payment')
      await expectRefundRefused(kit, payment, { amount: 1 }, '422 refund_exceeds_payment')
    },
  },
  {
    name: 'nothing, and less than nothing, is no refund',
    async run(kit) {
      const payment = await kit.openPaid()
      for (const amount of [0, -1, 0.5]) await expectRefundRefused(kit, payment, { amount }, '422 validation_failed')
    },
  },
  {
    name: 'of a payment that nobody has paid nothing goes back',
    async run(kit) {
      await expectRefundRefused(kit, await kit.open(), {}, '409 transaction_not_refundable')
    },
  },
  {
    name: 'of a payment that was called off nothing goes back',
    async run(kit) {
      const payment = await kit.open()
      await kit.cancel(payment)
      await expectRefundRefused(kit, payment, {}, '409 transaction_not_refundable')
    },
  },
  {
    name: 'of a payment that somebody has to look at nothing goes back',
    needs: [moneyAccident('wrong_amount')],
    async run(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference, { kind: 'wrong_amount', delta: -1 })
      await kit.hear()
      await expectRefundRefused(kit, payment, {}, '409 transaction_not_refundable')
    },
  },
  {
    name: 'less than the least is not sent back, and nothing is sent',
    needs: [REFUND_MINIMUM],
    async run(kit) {
      const currency = currencyOf(kit.provider, ({ refundMinimum = 1n }) => refundMinimum > 1n)
      const payment = await kit.openPaid(largeIn(kit.subject, currency))
      const { refundMinimum = 1n } = termsIn(kit.subject, currency)
      const amount = Number(refundMinimum) - 1
      await expectRefundRefused(kit, payment, { amount }, '422 refund_below_minimum')
    },
  },
  {
    name: 'a sum between two steps of the currency is not sent back, and nothing is sent',
    needs: [STEPS],
    async run(kit) {
      const currency = currencyOf(kit.provider, ({ step = 1n }) => step > 1n)
      const payment = await kit.openPaid(largeIn(kit.subject, currency))
      const { step = 1n } = termsIn(kit.subject, currency)
      await expectRefundRefused(kit, payment, { amount: Number(step) + 1 }, '422 amount_not_payable')
    },
  },
  {
    name: 'in a mode in which the provider sends nothing back a refund is refused, and nothing is sent',
    needs: [MODE_WITHOUT_REFUNDS],
    async run(kit) {
      const other = await kit.connectParty(kit.subject.mode === 'test' ? 'live' : 'test')
      const payment = await kit.openPaid({}, other)
      const calls = await kit.countCalls(async () => {
        const asked = await other.merchant.api.post(`${transactionPath(payment.id)}refunds/`, {})
        expect(asked).toMatchObject({ status: 422, body: { code: 'refund_not_supported' } })
      })
      expect(calls).toBe(0)
    },
  },
  {
    name: 'a stranger’s payment is not there to be refunded',
    async run(kit) {
      const stranger = await kit.connectParty()
      const payment = await kit.openPaid({}, stranger)
      expect(await kit.refund(payment)).toMatchObject({ status: 404, body: { code: 'transaction_not_found' } })
    },
  },
  {
    name: 'what the provider refuses is a failed refund, and is told with the provider’s words',
    async run(kit) {
      const payment = await kit.openPaid()
      const { amount } = kit.subject.money
      const posts = await kit.capture(() => {
        kit.driver.refundOnDashboard(payment.reference, amount)
        kit.world.clock.advance(DAY)
      })
      const asked = await kit.refund(payment)
      expect(asked).toMatchObject({ status: 422, body: { code: 'provider_refused', transaction_id: payment.id } })
      expect(asked.body.detail).toMatch(/^request_refused: ./)
      const [refund] = await kit.refundsOf(payment)
      expect(refund).toMatchObject({ id: asked.body.refund_id, status: 'failed', failure_code: 'request_refused' })
      expect(kit.booked(payment.reference).refunds).toHaveLength(1)
      // What was refunded on the dashboard is heard of only now.
      for (const { body, headers } of posts) await kit.post(kit.own.webhookUrl, body, headers)
      await kit.work()
    },
  },
]

function termsIn({ provider }: Subject, currency: Currency | undefined): CurrencyTerms {
  const taken = termsOf(provider).find((one) => one.currency === currency)
  if (taken === undefined) throw new Error('the provider takes no such currency')
  return taken.terms
}

/** An amount in that currency which is large enough to be refunded in parts. */
function largeIn(subject: Subject, currency: Currency | undefined): object {
  const terms = termsIn(subject, currency)
  const { minimum, refundMinimum = 1n, step = 1n } = terms
  const wanted = [minimum, refundMinimum, step, 100n].reduce((most, one) => (one > most ? one : most))
  return { currency, amount: Number(payable(wanted * 4n, terms)) }
}

interface Course {
  course: RefundCourse
  what: string
  run(kit: Kit, payment: OpenPayment): Promise<void>
}

const ENDS: readonly Course[] = [
  {
    course: 'succeeds',
    what: 'that succeeds has succeeded, and is told of from its beginning to its end',
    async run(kit, payment) {
      await expectRefunded(kit, payment, [kit.subject.money.amount])
      const told = (await kit.eventsOf(payment)).filter((type) => type.startsWith('refund.'))
      expect(told).toEqual(['refund.created', 'refund.succeeded'])
    },
  },
  {
    course: 'stays_pending',
    what: 'that stays pending is pending for days, and never sent again',
    async run(kit, payment) {
      for (let days = 0; days < 4; days++) await kit.pass(DAY)
      expect(await kit.refundsOf(payment)).toMatchObject([{ status: 'pending' }])
      expect(await kit.look(payment)).toMatchObject({ amount_refunded: 0 })
      expect(kit.booked(payment.reference).refunds).toHaveLength(1)
      await expectRefundRefused(kit, payment, { amount: 1 }, '422 refund_exceeds_payment')
    },
  },
  {
    course: 'fails',
    what: 'that fails has failed, and what it held is left to be refunded again',
    async run(kit, payment) {
      await kit.until('the refund has failed', async () => (await kit.refundsOf(payment))[0].status === 'failed')
      expect(await kit.look(payment)).toMatchObject({ status: 'succeeded', amount_refunded: 0 })
      kit.driver.setRefundCourse(payment.reference, 'succeeds')
      expect((await kit.refund(payment)).status).toBe(201)
      await kit.until('the second has succeeded', async () =>
        (await kit.refundsOf(payment)).some(({ status }: { status: string }) => status === 'succeeded'),
      )
    },
  },
  {
    course: 'requires_action',
    what: 'that needs somebody to act says so, and holds what it is of',
    async run(kit, payment) {
      expect(await settleRefunds(kit, payment)).toMatchObject([{ status: 'requires_action' }])
      expect(await kit.look(payment)).toMatchObject({ status: 'succeeded', amount_refunded: 0 })
      await expectRefundRefused(kit, payment, { amount: 1 }, '422 refund_exceeds_payment')
    },
  },
]

const COURSES = ENDS.flatMap(({ course, what, run }): Case[] => [
  {
    name: `a refund ${what}`,
    needs: [refundCourse(course)],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.driver.setRefundCourse(payment.reference, course)
      expect((await kit.refund(payment)).status).toBe(201)
      await run(kit, payment)
    },
  },
  {
    name: `though no webhook comes, a refund ${what}`,
    needs: [refundCourse(course)],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.loseWebhooks()
      kit.driver.setRefundCourse(payment.reference, course)
      expect((await kit.refund(payment)).status).toBe(201)
      await run(kit, payment)
    },
  },
])

const REPEATS: readonly Case[] = [
  {
    name: 'a repeat of the request gives the same refund, and the provider is not asked again',
    async run(kit) {
      const payment = await kit.openPaid()
      const key = { 'idempotency-key': 'refund-1' }
      const first = await kit.refund(payment, {}, key)
      const calls = await kit.countCalls(async () => {
        const second = await kit.refund(payment, {}, key)
        expect(second).toMatchObject({ status: first.status, body: first.body })
        expect(second.headers.get('idempotent-replayed')).toBe('true')
      })
      expect(calls).toBe(0)
      await expectRefunded(kit, payment, [kit.subject.money.amount])
    },
  },
  {
    name: 'two requests with one key at once are one refund',
    async run(kit) {
      const payment = await kit.openPaid()
      const key = { 'idempotency-key': 'refund-1' }
      const both = await Promise.all([kit.refund(payment, {}, key), kit.refund(payment, {}, key)])
      expect(both.map(({ status }) => status)).toContain(201)
      await expectRefunded(kit, payment, [kit.subject.money.amount])
    },
  },
  {
    name: 'a request that died before it was answered is finished by its repeat, and the money goes back once',
    async run(kit) {
      const payment = await kit.openPaid()
      const key = { 'idempotency-key': 'refund-1' }
      const cut = await kit.world.crashAfter(1, () => kit.refund(payment, {}, key))
      expect(cut.status).toBe(500)
      kit.expectErrors(/the connection to the database was cut/)
      kit.world.clock.advance(31_000)
      expect((await kit.refund(payment, {}, key)).status).toBe(202)
      await kit.until('the refund is over', async () => (await kit.refundsOf(payment))[0].status !== 'pending')
      expect(kit.booked(payment.reference).refunds).toHaveLength(1)
    },
  },
  {
    name: 'a refund costs one call to the provider',
    async run(kit) {
      const payment = await kit.openPaid()
      expect(await kit.countCalls(() => kit.refund(payment))).toBe(1)
      await settleRefunds(kit, payment)
    },
  },
]

const ON_THEIR_WAY: readonly { what: string; accident: WebhookAccident }[] = [
  { what: 'lost', accident: { kind: 'lost' } },
  { what: 'an hour late', accident: { kind: 'late', ms: 60 * MINUTE } },
  { what: 'sent six times', accident: { kind: 'duplicate', copies: 5 } },
  { what: 'in the wrong order', accident: { kind: 'reordered' } },
]

function tellsOnce({ what, accident }: { what: string; accident: WebhookAccident }): Case {
  return {
    name: `though its webhooks are ${what}, a refund is told of once for each change`,
    async run(kit) {
      const payment = await kit.openPaid()
      kit.driver.webhookAccident(kit.account, accident)
      await kit.refund(payment)
      await expectRefunded(kit, payment, [kit.subject.money.amount])
      await kit.pass(DAY)
      const told = (await kit.eventsOf(payment)).filter((type) => type.startsWith('refund.'))
      expect(told).toEqual(['refund.created', 'refund.succeeded'])
    },
  }
}
