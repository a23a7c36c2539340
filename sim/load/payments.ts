/** Payments as they go in a shop: begun, paid or not, asked after, called off, sent back, in whatever order and at once. */

import type { MoneyAccident } from '../../local/simulators/kit/driver.ts'
import type { Action, Load } from './load.ts'
import { payable } from './money.ts'
import type { Shop, ShopConnection } from './shops.ts'
import { currenciesOf } from './shops.ts'

/** A payment as its shop knows it. */
interface Sale {
  name: string
  shop: Shop
  body: Record<string, unknown>
  path: string
  key: string | undefined
  /** Ids of the transactions that the shop was told of. */
  ids: string[]
  /** Pages that a payer was shown. */
  pages: string[]
}

const INITIATE = '/api/v1/transactions/initiate_payment/'
const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Everything that is done about one payment. */
export function saleActions(load: Load, shop: Shop, name: string, beginsAt: number): Action[] {
  const { chance } = load.run
  const sale = newSale(load, shop, name)
  const actions: Action[] = []
  const add = (what: string, at: number, words: string, act: (name: string) => Promise<void>) => {
    const actionName = `${name} ${what}`
    actions.push({ name: actionName, at, words, act: () => act(actionName) })
  }
  const soon = (what: string, most = 10 * MINUTE) => beginsAt + spread(load, `${name} ${what}`, most)

  add('initiate', beginsAt, wordsOf(sale), (me) => initiate(load, sale, me))
  const second = chance.fraction(`${name} second`)
  if (second < 0.25) {
    add('initiate too', beginsAt + chance.int(`${name} second at`, 0, 200), 'the same once more, at once', (me) =>
      initiate(load, sale, me),
    )
  } else if (second < 0.32) {
    add('initiate other', soon('other'), 'another amount under the same key and reference', (me) =>
      initiate(load, { ...sale, body: { ...sale.body, amount: Number(sale.body.amount) + 100 } }, me),
    )
  }
  const payer = chance.fraction(`${name} payer`)
  const accident = accidentOf(load, name)
  if (payer < 0.82) {
    const at = chance.is(`${name} pays late`, 0.12)
      ? beginsAt + chance.int(`${name} late`, 10, 60) * MINUTE
      : soon('pays', MINUTE) + 3 * SECOND
    add('pay', at, accident === undefined ? 'the payer pays' : `the payer pays, with ${accident.kind}`, (me) =>
      pay(load, sale, me, accident),
    )
    if (chance.is(`${name} pays twice`, 0.15)) {
      add('pay again', at + spread(load, `${name} again`, 10 * MINUTE), 'the payer pays once more', (me) =>
        payAgain(load, sale, me),
      )
    }
  } else if (payer < 0.89) {
    add('decline', soon('declines'), "the payer's card is declined", (me) => decline(load, sale, me))
    add('pay', soon('pays then'), 'the payer pays', (me) => pay(load, sale, me, undefined))
  } else if (payer < 0.97) {
    add('begin', soon('begins'), 'the payer begins a transfer', (me) => beginDelayed(load, sale, me))
    add('end', soon('ends', 60 * MINUTE), 'the transfer ends', (me) => endDelayed(load, sale, me))
  }
  if (chance.is(`${name} verifies`, 0.5)) add('verify', soon('verifies'), 'verify', (me) => verify(load, sale, me))
  if (chance.is(`${name} verifies too`, 0.25))
    add('verify too', soon('verifies too', MINUTE), 'verify', (me) => verify(load, sale, me))
  if (chance.is(`${name} reads`, 0.3)) add('read', soon('reads', MINUTE), 'read it', (me) => read(load, sale, me))
  if (chance.is(`${name} cancels`, 0.2))
    add('cancel', soon('cancels', 5 * MINUTE), 'cancel', (me) => cancel(load, sale, me))
  addRefunds(load, sale, beginsAt, add)
  return actions
}

type Add = (what: string, at: number, words: string, act: (name: string) => Promise<void>) => void

function addRefunds(load: Load, sale: Sale, beginsAt: number, add: Add): void {
  const { chance } = load.run
  const { name } = sale
  const amount = Number(sale.body.amount)
  if (chance.is(`${name} course`, 0.3)) {
    add('course', beginsAt + 6 * MINUTE, "its refunds won't simply succeed", (me) => setCourse(load, sale, me))
  }
  const count = chance.pick(`${name} refunds`, [0, 1, 1, 2, 3])
  const at = beginsAt + chance.int(`${name} refunds at`, 2, 20) * MINUTE
  for (let number = 1; number <= count; number++) {
    const share = chance.pick(`${name} refund ${number} share`, [undefined, 1, 0.5, 0.5, 0.25, 1.5])
    const part = share === undefined ? undefined : Math.round(amount * share)
    const words = part === undefined ? 'refund what is left' : `refund ${part}`
    add(`refund ${number}`, at + spread(load, `${name} refund ${number}`, 10 * MINUTE), words, (me) =>
      refund(load, sale, me, part),
    )
  }
  if (chance.is(`${name} dashboard`, 0.12)) {
    add(
      'dashboard refund',
      at + spread(load, `${name} dashboard`, 10 * MINUTE),
      'a part is refunded on the dashboard',
      (me) => refundOnDashboard(load, sale, me),
    )
  }
}

function newSale(load: Load, shop: Shop, name: string): Sale {
  const { chance } = load.run
  const connection = chance.pick(`${name} connection`, shop.connections)
  const currency = chance.pick(`${name} currency`, currenciesOf(connection.provider))
  const amount = payable(connection.provider, currency, chance.int(`${name} amount`, 20, 500))
  return {
    name,
    shop,
    path: INITIATE,
    key: chance.is(`${name} has a key`, 0.7) ? `key-${name.replaceAll(' ', '-')}` : undefined,
    body: {
      amount,
      currency,
      customer: { email: 'ada@customer.test' },
      callback_url: 'https://shop.test/thanks',
      metadata: { sale: name },
      ...(chance.is(`${name} has a reference`, 0.5) && { reference: name.replaceAll(' ', '-') }),
      ...(chance.is(`${name} names its provider`, 0.15) && { provider: connection.provider }),
      expires_in: chance.pick(`${name} expires`, [300, 900, 3600, 86_400]),
    },
    ids: [],
    pages: [],
  }
}

function wordsOf({ body, key }: Sale): string {
  const at = body.provider === undefined ? '' : ` at ${body.provider}`
  return `${body.amount} ${body.currency}${at}, expires in ${body.expires_in} s${key === undefined ? ', without a key' : ''}`
}

/** Most within a second, some much later. */
function spread(load: Load, name: string, most: number): number {
  const { chance } = load.run
  return Math.floor(most ** chance.fraction(`spread ${name}`) * 2)
}

function accidentOf(load: Load, name: string): MoneyAccident | undefined {
  const { chance } = load.run
  if (!chance.is(`${name} money accident`, 0.12)) return undefined
  const kinds: MoneyAccident[] = [
    { kind: 'wrong_amount', delta: -100 },
    { kind: 'wrong_currency', currency: 'GHS' },
    { kind: 'partial_payment', shortBy: 100 },
    { kind: 'fee_on_payer' },
  ]
  return chance.pick(`${name} money accident of`, kinds)
}

async function initiate(load: Load, sale: Sale, me: string): Promise<void> {
  const { chance } = load.run
  const client = load.clientOf(sale.shop, me)
  const { path, body, key } = sale
  const told =
    key === undefined ? await client.ask(me, 'POST', path, body) : await client.insist(me, 'POST', path, body, key)
  if (told === undefined || told.status >= 300) return
  remember(sale, told.body)
  if (key !== undefined && chance.is(`${me} replays`, 0.3)) await client.ask(`${me} replay`, 'POST', path, body, key)
}

function remember(sale: Sale, transaction: { id: string; checkout_url: string | null }): void {
  if (!sale.ids.includes(transaction.id)) sale.ids.push(transaction.id)
  const page = transaction.checkout_url
  if (page !== null && !sale.pages.includes(page)) sale.pages.push(page)
}

async function eachOf(
  load: Load,
  sale: Sale,
  me: string,
  act: (id: string, name: string) => Promise<void>,
): Promise<void> {
  if (sale.ids.length === 0) load.run.story.tell(me, 'there is no payment')
  for (const [place, id] of sale.ids.entries()) await act(id, place === 0 ? me : `${me} of its ${place + 1}nd`)
}

const transactionPath = (id: string): string => `/api/v1/transactions/${id}/`

const verify = (load: Load, sale: Sale, me: string) =>
  eachOf(load, sale, me, async (id, name) => {
    const told = await load.clientOf(sale.shop, me).ask(name, 'GET', `${transactionPath(id)}verify_payment/`)
    if (told?.status === 200) remember(sale, told.body)
  })

const read = (load: Load, sale: Sale, me: string) =>
  eachOf(load, sale, me, async (id, name) => {
    const told = await load.clientOf(sale.shop, me).ask(name, 'GET', transactionPath(id))
    if (told?.status === 200) remember(sale, told.body)
  })

const cancel = (load: Load, sale: Sale, me: string) =>
  eachOf(load, sale, me, async (id, name) => {
    await load
      .clientOf(sale.shop, me)
      .insist(name, 'POST', `${transactionPath(id)}cancel/`, undefined, `key ${name}`.replaceAll(' ', '-'))
  })

const refund = (load: Load, sale: Sale, me: string, amount: number | undefined) =>
  eachOf(load, sale, me, async (id, name) => {
    const client = load.clientOf(sale.shop, me)
    const body = amount === undefined ? {} : { amount }
    const path = `${transactionPath(id)}refunds/`
    if (load.run.chance.is(`${name} has a key`, 0.7))
      await client.insist(name, 'POST', path, body, `key ${name}`.replaceAll(' ', '-'))
    else await client.ask(name, 'POST', path, body)
  })

/** The payer goes to a page that they were shown: the first or the last of them. */
async function atPage(
  load: Load,
  sale: Sale,
  me: string,
  act: (place: ShopConnection, reference: string) => void,
): Promise<void> {
  const { chance, story, scheduler, database } = load.run
  const page = chance.is(`${me} at the first page`, 0.3) ? sale.pages[0] : sale.pages.at(-1)
  if (page === undefined) return story.tell(me, 'was shown no page')
  const [attempt] = await scheduler.outside(
    database.query('select reference, connection_id from attempts where checkout_url = $1', [page]),
  )
  const place = sale.shop.connections.find(({ id }) => id === attempt?.connection_id)
  if (attempt === undefined || place === undefined) throw new Error('a page is of no attempt')
  try {
    act(place, String(attempt.reference))
    story.tell(me, `done at ${place.name}`)
  } catch (error) {
    story.tell(me, `refused: ${error instanceof Error ? error.message : error}`)
  }
  load.platform.postWebhooks()
}

const pay = (load: Load, sale: Sale, me: string, accident: MoneyAccident | undefined) =>
  atPage(load, sale, me, ({ driver }, reference) =>
    driver.pay(
      reference,
      accident !== undefined && driver.abilities.money.includes(accident.kind) ? accident : undefined,
    ),
  )

const payAgain = (load: Load, sale: Sale, me: string) =>
  atPage(load, sale, me, ({ driver }, reference) =>
    driver.abilities.payTwice ? driver.payAgain(reference) : driver.pay(reference),
  )

const decline = (load: Load, sale: Sale, me: string) =>
  atPage(load, sale, me, ({ driver }, reference) => driver.decline(reference))

const beginDelayed = (load: Load, sale: Sale, me: string) =>
  atPage(load, sale, me, ({ driver }, reference) => {
    driver.beginDelayed(reference)
    load.unfinished.add(reference)
  })

const endDelayed = (load: Load, sale: Sale, me: string) =>
  atPage(load, sale, me, ({ driver }, reference) => {
    driver.endDelayed(reference, load.run.chance.is(`${me} paid`, 0.6) ? 'paid' : 'failed')
    load.unfinished.delete(reference)
  })

const setCourse = (load: Load, sale: Sale, me: string) =>
  atPage(load, sale, me, ({ driver }, reference) =>
    driver.setRefundCourse(reference, load.run.chance.pick(`${me} of`, driver.abilities.refundCourses)),
  )

const refundOnDashboard = (load: Load, sale: Sale, me: string) =>
  atPage(load, sale, me, ({ driver }, reference) => {
    load.dashboardRefunds.add(driver.refundOnDashboard(reference, Math.round(Number(sale.body.amount) / 4)))
  })
