/** Opening a page: what is asked of the provider, and what is refused before it is asked. */

import { expect } from 'vitest'
import { type Currency, currencyExponent, isCurrency } from '../../../src/domain/currencies.ts'
import { PAYMENT_METHODS, type PaymentMethod } from '../../../src/domain/payment-method.ts'
import { TransactionSchema } from '../../../src/http/routes/transactions.ts'
import type { Case, Theme } from '../case.ts'
import type { Kit } from '../kit.ts'
import { CALLBACK_NEEDED, CALLBACK_OPTIONAL, payable, type Subject, type Taken, termsOf } from '../subject.ts'

export const checkoutCases: Theme = (subject) => [
  ...OPENING,
  ...CUSTOMERS.map(opensFor),
  ...PAYMENT_METHODS.map((method) => opensWithMethod(subject, method)),
  ...currenciesToTry(subject).flatMap(amountCases),
  ...REFUSED_CURRENCIES.map((currency) => refusesCurrency(subject, currency)),
]

const OPENING: readonly Case[] = [
  {
    name: 'a payment that is started has a page, and nothing is paid',
    async run(kit) {
      const started = await kit.start()
      expect(started.status).toBe(201)
      const transaction = TransactionSchema.parse(started.body)
      expect(transaction).toMatchObject({
        ...kit.subject.money,
        status: 'pending',
        provider: kit.subject.name,
        connection_id: kit.connectionId,
        succeeded_at: null,
      })
      expect(URL.canParse(transaction.checkout_url ?? '')).toBe(true)
      expect(kit.booked(await kit.referenceOf(transaction.id)).timesPaid).toBe(0)
    },
  },
  {
    name: 'starting a payment is one call to the provider',
    async run(kit) {
      expect(await kit.countCalls(() => kit.open())).toBe(1)
    },
  },
  {
    name: 'a repeat of the request gives the same page, and the provider is not asked again',
    async run(kit) {
      const key = { 'idempotency-key': 'order-1' }
      const first = await kit.start({}, key)
      const before = kit.world.providerCalls.length
      const second = await kit.start({}, key)
      expect(second).toMatchObject({ status: 201, body: first.body })
      expect(second.headers.get('idempotent-replayed')).toBe('true')
      expect(kit.world.providerCalls).toHaveLength(before)
      expect(kit.driver.books(kit.account)).toHaveLength(1)
    },
  },
  {
    name: 'two requests with one key at once make one page',
    async run(kit) {
      const key = { 'idempotency-key': 'order-1' }
      const both = await Promise.all([kit.start({}, key), kit.start({}, key)])
      const statuses = both.map(({ status }) => status).sort()
      expect(statuses[0]).toBe(201)
      expect([201, 409]).toContain(statuses[1])
      expect(kit.driver.books(kit.account)).toHaveLength(1)
    },
  },
  {
    name: 'two payments have a page each, under references of their own',
    async run(kit) {
      const [one, other] = [await kit.open(), await kit.open()]
      expect(one.reference).not.toBe(other.reference)
      expect(one.checkoutUrl).not.toBe(other.checkoutUrl)
      expect(kit.driver.books(kit.account)).toHaveLength(2)
    },
  },
  {
    name: 'the shortest and the longest deadline that a merchant may set open a page',
    async run(kit) {
      await kit.open({ expires_in: 300 })
      await kit.open({ expires_in: 604_800 })
    },
  },
  {
    name: 'an address to return to that has a query opens a page',
    async run(kit) {
      await kit.open({ callback_url: 'https://shop.test/thanks?order=4711&lang=am' })
    },
  },
  {
    name: 'without an address to return to a payment is refused, and nothing is sent',
    needs: [CALLBACK_NEEDED],
    run: (kit) => expectRefused(kit, { callback_url: undefined }, 'no_usable_connection'),
  },
  {
    name: 'without an address to return to a page opens all the same',
    needs: [CALLBACK_OPTIONAL],
    async run(kit) {
      await kit.open({ callback_url: undefined })
    },
  },
  {
    name: 'once the connection is disabled a payment is refused, and nothing is sent',
    async run(kit) {
      await kit.merchant.person.post(`/api/v1/payment-providers/${kit.connectionId}/disable/`)
      await expectRefused(kit, {}, 'no_usable_connection')
    },
  },
]

interface Ordered {
  what: string
  body: object
}

const email = 'ada@customer.test'
const CUSTOMERS: readonly Ordered[] = [
  { what: 'a customer of whom the address alone is known', body: { customer: { email } } },
  {
    what: 'a customer with a name and a telephone',
    body: { customer: { email, name: 'Ada Obi', phone: '+2348012345678' } },
  },
  { what: 'a name of one word', body: { customer: { email, name: 'Ada' } } },
  { what: 'a name in another script', body: { customer: { email, name: 'አበበ ቢቂላ' } } },
  { what: 'a name with marks and quotes', body: { customer: { email, name: 'Zoë O’Neill "Z" <b>' } } },
  { what: 'a name of 200 characters', body: { customer: { email, name: 'Ñ'.repeat(200) } } },
  { what: 'a telephone of another country', body: { customer: { email, phone: '+251911223344' } } },
  { what: 'an address with a plus', body: { customer: { email: 'ada.obi+orders@mail.customer.test' } } },
  { what: 'a description', body: { description: 'Two shirts, order #4711: blue & white' } },
  { what: 'a description of 500 characters', body: { description: 'A long story. '.repeat(36).slice(0, 499) } },
  { what: 'a description in another script with an emoji', body: { description: 'ሁለት ሸሚዞች 👕, заказ №7' } },
  {
    what: 'metadata of every kind',
    body: { metadata: { 'order no': '4711', 'naïve [key]': '💸 "quoted"', note: 'x'.repeat(500) } },
  },
]

function opensFor({ what, body }: Ordered): Case {
  return {
    name: `${what} opens a page that can be paid`,
    async run(kit) {
      const payment = await kit.open(body)
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
    },
  }
}

function opensWithMethod({ provider }: Subject, method: PaymentMethod): Case {
  if (provider.capabilities.methods.includes(method)) {
    return {
      name: `a payment by ${method} opens a page`,
      async run(kit) {
        await kit.open({ method })
      },
    }
  }
  return {
    name: `a payment by ${method}, which the page does not offer, is refused, and nothing is sent`,
    run: (kit) => expectRefused(kit, { method }, 'no_usable_connection'),
  }
}

/** All of them where there are a few; otherwise one of each way to count. */
function currenciesToTry({ provider }: Subject): Taken[] {
  const all = termsOf(provider)
  if (all.length <= 8) return all
  const wayToCount = ({ currency, terms }: Taken) => `${currencyExponent(currency)}/${terms.step ?? 1n}`
  return [...Map.groupBy(all, wayToCount).values()].flatMap(([first]) => first ?? [])
}

function amountCases({ currency, terms }: Taken): Case[] {
  const { minimum, maximum, step = 1n } = terms
  const odd = payable((minimum + maximum) / 3n, terms) + step
  const taken: [string, bigint][] = [
    ['the least', minimum],
    ['the least but one', minimum + step],
    ['an odd amount', odd % 10n === 0n ? odd + step : odd],
    ['the most', maximum],
  ]
  const refused: [string, bigint, string][] = [
    ['less than the least', minimum - step, 'amount_below_minimum'],
    ['more than the most', maximum + step, 'amount_above_maximum'],
    ['an amount between two steps', minimum + step + 1n, 'amount_not_payable'],
  ]
  return [
    ...taken.map(([what, amount]) => paysExactly(what, amount, currency)),
    ...refused
      // Nothing is refused as no amount at all, before a provider is thought of; and not all have steps.
      .filter(([, amount, code]) => amount > 0n && (code !== 'amount_not_payable' || step > 1n))
      .map(([what, amount, code]) => refusesAmount(what, amount, currency, code)),
  ]
}

function paysExactly(what: string, amount: bigint, currency: Currency): Case {
  return {
    name: `${what} in ${currency}, ${amount}, is paid to the last unit`,
    async run(kit) {
      const payment = await kit.open({ amount: Number(amount), currency })
      kit.driver.pay(payment.reference)
      await kit.hear()
      await kit.expectPaidOnce(payment)
      expect(kit.booked(payment.reference)).toMatchObject({ timesPaid: 1, amount: Number(amount), currency })
    },
  }
}

function refusesAmount(what: string, amount: bigint, currency: Currency, code: string): Case {
  return {
    name: `${what} in ${currency}, ${amount}, is refused, and nothing is sent`,
    run: (kit) => expectRefused(kit, { amount: Number(amount), currency }, code),
  }
}

/** Of each way to count; whoever takes one is asked for another. */
const REFUSED_CURRENCIES: readonly (readonly Currency[])[] = [
  ['IRR', 'CUP', 'SDG', 'KPW'],
  ['LYD', 'IQD', 'KWD'],
]

function refusesCurrency({ provider }: Subject, candidates: readonly Currency[]): Case {
  const currency = candidates.find((one) => isCurrency(one) && provider.capabilities.currencies[one] === undefined)
  return {
    name: `a payment in ${currency}, which the provider does not take, is refused, and nothing is sent`,
    run: (kit) => expectRefused(kit, { currency }, 'no_usable_connection'),
  }
}

/** Nothing is written either: the merchant sends it again, mended. */
async function expectRefused(kit: Kit, body: object, code: string): Promise<void> {
  const calls = await kit.countCalls(async () => {
    const refused = await kit.start({ ...body, provider: kit.subject.name })
    expect(refused).toMatchObject({ status: 422, body: { code } })
  })
  expect(calls).toBe(0)
  expect((await kit.api.get('/api/v1/transactions/')).body.data).toEqual([])
  expect(kit.driver.books(kit.account)).toEqual([])
}
