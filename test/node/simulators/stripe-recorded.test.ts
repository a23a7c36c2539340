/**
 * The simulator's objects beside what is known of Stripe's, where that is at hand: the fields and types of the pinned
 * version, Stripe's own sample objects, and bodies that were recorded or put together from them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MINUTE_MS, orderOf, stripeTest } from './stripe-world.ts'

const providers = join(import.meta.dirname, '../../../../shared/providers')

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value that does not fit its type, as paths with a reason. `types` are the declarations of one resource. */
function misfits(types: Fields, type: string, value: unknown, path: string): string[] {
  const options = type.split(' | ').map((option) => misfitsOne(types, option, value, path))
  return options.find((reasons) => reasons.length === 0) ?? options.sort((a, b) => b.length - a.length)[0] ?? []
}

function misfitsOne(types: Fields, type: string, value: unknown, path: string): string[] {
  const fits = (yes: boolean) => (yes ? [] : [`${path}: ${JSON.stringify(value)?.slice(0, 60)} is no ${type}`])
  const item = /^(?:Array|ApiList)<(.+)>$/.exec(type)?.[1]
  if (item !== undefined) {
    const rows = type.startsWith('ApiList') && isFields(value) ? value.data : value
    if (!Array.isArray(rows)) return fits(false)
    return rows.flatMap((row, index) => misfits(types, item, row, `${path}[${index}]`))
  }
  if (type === 'null') return fits(value === null)
  if (type === 'string' || type === 'number' || type === 'boolean') return fits(typeof value === type)
  if (type.startsWith("'")) return fits(value === type.slice(1, -1))
  if (type === 'Metadata')
    return fits(isFields(value) && Object.values(value).every((text) => typeof text === 'string'))
  const name = Object.keys(types).find((known) => known === type || known.endsWith(`.${type}`))
  const declared = name === undefined ? undefined : types[name]
  if (typeof declared === 'string') return misfits(types, declared, value, path)
  // The list leaves out what the project doesn't use.
  if (declared === undefined) return fits(value !== null)
  return isFields(declared) && isFields(value) ? misfitsOfFields(types, declared, value, path) : fits(false)
}

function misfitsOfFields(types: Fields, declared: Fields, value: Fields, path: string): string[] {
  const known = new Map(Object.entries(declared).map(([name, type]) => [name.replace('?', ''), { name, type }]))
  return [
    ...[...known].flatMap(([field, { name, type }]) => {
      if (!(field in value)) return name.endsWith('?') ? [] : [`${path}.${field} is missing`]
      return misfits(types, String(type), value[field], `${path}.${field}`)
    }),
    ...Object.keys(value).flatMap((field) => (known.has(field) ? [] : [`${path}.${field} is ours alone`])),
  ]
}

/** Where two bodies differ: fields that one lacks, and types. Null stands for any type, `{}` for any object. */
function differences(recorded: unknown, ours: unknown, path = ''): string[] {
  if (recorded === null || ours === null) return []
  if (typeof recorded !== typeof ours) return [`${path}: ${typeof ours}, recorded ${typeof recorded}`]
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    return recorded.length > 0 && ours.length > 0 ? differences(recorded[0], ours[0], `${path}[]`) : []
  }
  if (!isFields(recorded) || !isFields(ours)) return []
  const [theirs, own] = [Object.keys(recorded), Object.keys(ours)]
  if (theirs.length === 0 || own.length === 0) return []
  return [
    ...theirs.filter((name) => !own.includes(name)).map((name) => `${path}.${name} is missing`),
    ...own.filter((name) => !theirs.includes(name)).map((name) => `${path}.${name} is ours alone`),
    ...theirs.flatMap((name) => (own.includes(name) ? differences(recorded[name], ours[name], `${path}.${name}`) : [])),
  ]
}

describe('the comparison', () => {
  const types = { Row: { id: 'string', 'note?': 'string', kind: 'Row.Kind', inner: 'Row.Inner | null' } }
  const all = { ...types, 'Row.Kind': "'a' | 'b' | OtherString", 'Row.Inner': { sum: 'number', list: 'Array<string>' } }
  test.each([
    { value: { id: 'x', kind: 'a', inner: null }, says: [] },
    { value: { id: 'x', kind: 'b', note: 'n', inner: { sum: 1, list: ['t'] } }, says: [] },
    { value: { kind: 'a', inner: null }, says: ['row.id is missing'] },
    { value: { id: 'x', kind: 'a', inner: null, more: 1 }, says: ['row.more is ours alone'] },
    { value: { id: 'x', kind: 'a', inner: { sum: '1', list: [] } }, says: ['row.inner.sum: "1" is no number'] },
  ])('of $value with its type says $says', ({ value, says }) => {
    expect(misfits(all, 'Row', value, 'row')).toEqual(says)
  })

  test('of two bodies sees a missing field, an added one and another type', () => {
    expect(differences({ a: 1, b: { c: 'x' }, d: null }, { a: '2', b: { e: 'y' }, d: 4 })).toEqual([
      '.a: string, recorded number',
      '.b.c is missing',
      '.b.e is ours alone',
    ])
  })
})

/** Runs a whole business, and returns every state of every object that its events and answers show, by its kind. */
async function produce() {
  const { world, simulator, merchant } = stripeTest()
  const { control } = simulator
  for (const reference of ['paid', 'again', 'challenged', 'disputed', 'asked', 'failing', 'closed']) {
    await merchant.open(reference)
  }
  await merchant.open('debit', orderOf('eur', 900))
  await merchant.open('bounced', orderOf('eur', 900))
  control.pay({ reference: 'paid' })
  control.decline({ reference: 'again' })
  control.pay({ reference: 'challenged' }, { method: '4000002500003155' })
  control.answerChallenge({ reference: 'challenged' }, true)
  control.pay({ reference: 'disputed' }, { method: '4000000000000259' })
  control.pay({ reference: 'asked' })
  control.setRefundCourse({ reference: 'asked' }, 'requires_action')
  control.pay({ reference: 'failing' }, { method: '4000000000005126' })
  control.pay({ reference: 'debit' }, { method: 'AT611904300234573201' })
  control.pay({ reference: 'bounced' }, { method: 'AT861904300235473202' })
  await merchant.post(`/checkout/sessions/${control.session({ reference: 'closed' }).id}/expire`)
  for (const reference of ['paid', 'asked', 'failing']) control.refund({ reference }, 100)
  world.advance(2 * MINUTE_MS)
  control.refund({ reference: 'debit' })
  await simulator.deliverDueWebhooks()

  const events = world.deliveries.map(({ raw }): Fields => JSON.parse(raw))
  const ofPath = async (path: string): Promise<Fields[]> => {
    const { body } = await merchant.get(path)
    return isFields(body) && Array.isArray(body.data) ? body.data.filter(isFields) : [isFields(body) ? body : {}]
  }
  const entries = await ofPath('/charges?expand[]=data.balance_transaction')
  const objects = [
    ...events.flatMap(({ data }) => (isFields(data) && isFields(data.object) ? [data.object] : [])),
    ...(await ofPath('/checkout/sessions?limit=100')),
    ...(await ofPath(`/checkout/sessions/${control.session({ reference: 'paid' }).id}/line_items`)),
    ...(await ofPath('/balance')),
    ...(await ofPath('/events?limit=100')),
    ...entries.map(({ balance_transaction }) => balance_transaction).filter(isFields),
  ]
  return { events, objects }
}

if (existsSync(providers)) {
  const read = (file: string): Fields => JSON.parse(readFileSync(join(providers, file), 'utf8'))
  const { events, objects } = await produce()

  describe('every object has the fields and types of the pinned version', () => {
    const sections = read('specs/stripe-fields-2026-10-28.json')
    test.each([
      { kind: 'checkout.session', section: 'Checkout/Sessions', type: 'Session' },
      { kind: 'payment_intent', section: 'PaymentIntents', type: 'PaymentIntent' },
      { kind: 'charge', section: 'Charges', type: 'Charge' },
      { kind: 'refund', section: 'Refunds', type: 'Refund' },
      { kind: 'dispute', section: 'Disputes', type: 'Dispute' },
      { kind: 'balance_transaction', section: 'BalanceTransactions', type: 'BalanceTransaction' },
      { kind: 'balance', section: 'Balance', type: 'Balance' },
      { kind: 'event', section: 'Events', type: 'EventBase' },
    ])('$kind', ({ kind, section, type }) => {
      const types = sections[section]
      const found = objects.filter(({ object }) => object === kind)
      expect(found.length).toBeGreaterThan(0)
      const wrong = found.flatMap((object) => misfits(isFields(types) ? types : {}, type, object, kind))
      expect([...new Set(wrong)]).toEqual([])
    })
  })

  describe('every event that was put together from Stripe’s samples has the same fields', () => {
    /** What the pinned version has and the sample, which is older, has not; and what the sample leaves out. */
    const newer = [
      'allowed_payment_method_types',
      'destination_details.card.reference_status',
      'destination_details.card.reference_type',
      'evidence_details.submission_method',
      'intended_submission_method',
      'last_payment_error.payment_method_type',
      'payment_method_details.card.electronic_commerce_indicator',
      'payment_record',
    ].map((field) => `.data.object.${field} is ours alone`)

    test.each([
      'charge.dispute.created',
      'charge.failed',
      'charge.refunded',
      'charge.succeeded',
      'checkout.session.async_payment_failed',
      'checkout.session.async_payment_succeeded',
      'checkout.session.completed',
      'checkout.session.expired',
      'payment_intent.payment_failed',
      'payment_intent.processing',
      'payment_intent.succeeded',
      'refund.created',
      'refund.updated',
    ])('%s', (name) => {
      const ours = events.find(({ type }) => type === name)
      expect(ours).toBeDefined()
      const found = differences(read(`payloads/stripe/composed/${name}.json`), ours)
      expect(found.filter((difference) => !newer.includes(difference))).toEqual([])
    })
  })
}
