/** `expand[]`: objects in the place of their ids (sheet, section 1). */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { chargeWire } from './charge-wire.ts'
import { intentWire } from './intent-wire.ts'
import { balanceTransactionWire } from './ledger.ts'
import { listWire } from './lists.ts'
import { refundWire } from './refund-wire.ts'
import { invalidRequest } from './refusal.ts'
import { lineItemWire } from './session-wire.ts'

/** What stands behind each field that can be expanded; null where the simulator never has anything there. */
const EXPANDABLE: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  'checkout.session': { payment_intent: 'payment_intent', line_items: 'list', customer: null, payment_link: null },
  payment_intent: { latest_charge: 'charge', customer: null, payment_method: null, review: null },
  charge: {
    payment_intent: 'payment_intent',
    balance_transaction: 'balance_transaction',
    refunds: 'list',
    customer: null,
    review: null,
  },
  refund: {
    charge: 'charge',
    payment_intent: 'payment_intent',
    balance_transaction: 'balance_transaction',
    failure_balance_transaction: 'balance_transaction',
  },
}

const DEEPEST = 4

/** `root` is the kind of object that the call answers; `listed`, that it answers a list of them. @throws Refusal */
export function requireExpandable(expand: readonly string[], root: string, listed: boolean): void {
  for (const path of expand) {
    const segments = path.split('.')
    const refusal = invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand' })
    if (listed && segments.shift() !== 'data') throw refusal
    if (segments.length === 0 || segments.length > DEEPEST) throw refusal
    let kind: string | null = root
    for (const segment of segments) {
      const next: string | null | undefined = kind === null ? null : EXPANDABLE[kind]?.[segment]
      if (next === undefined) throw refusal
      kind = next
    }
  }
}

type Wire = Readonly<Record<string, unknown>>

/** The object again, with what its paths name in the place of ids. */
export function expanded(books: Books, account: Account, object: Wire, paths: readonly string[]): Wire {
  return paths.reduce<Wire>((grown, path) => expandPath(books, account, grown, path.split('.')), object)
}

function expandPath(books: Books, account: Account, object: Wire, [field, ...rest]: readonly string[]): Wire {
  if (field === undefined) return object
  const value = includable(account, object, field) ?? object[field]
  const found = typeof value === 'string' ? findWire(books, account, value) : value
  if (Array.isArray(found)) {
    return { ...object, [field]: found.map((item) => (isWire(item) ? expandPath(books, account, item, rest) : item)) }
  }
  return isWire(found) ? { ...object, [field]: expandPath(books, account, found, rest) } : object
}

function isWire(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lists that are left out unless they are asked for. */
function includable(account: Account, { object: kind, id }: Wire, field: string): Wire | undefined {
  if (kind === 'checkout.session' && field === 'line_items') {
    const session = account.sessions.find((candidate) => candidate.id === id)
    const items = session?.lineItems.map((item) => lineItemWire(account, session, item)) ?? []
    return listWire(`/v1/checkout/sessions/${id}/line_items`, items, false)
  }
  if (kind === 'charge' && field === 'refunds') {
    const refunds = account.refunds.filter(({ charge }) => charge.id === id).reverse()
    return listWire(`/v1/charges/${id}/refunds`, refunds.map(refundWire), false)
  }
  return undefined
}

function findWire(books: Books, account: Account, id: string): Wire | undefined {
  const intent = account.intents.find((candidate) => candidate.id === id)
  if (intent !== undefined) return intentWire(account, intent)
  const charge = account.charges.find((candidate) => candidate.id === id)
  if (charge !== undefined) return chargeWire(account, charge)
  const entry = account.ledger.find((candidate) => candidate.id === id)
  return entry && balanceTransactionWire(entry, books.world.now())
}
