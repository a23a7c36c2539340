/** Stripe's API: each path, the name that faults know it by, what it takes and what it answers. */
import { z } from 'zod'
import type { Account } from './account.ts'
import { type ApiRoute, type Call, listRoute, route, type Wire } from './call.ts'
import { chargeWire } from './charge-wire.ts'
import type { Charge } from './charges.ts'
import { eventWire, wasDelivered } from './events.ts'
import { intentWire } from './intent-wire.ts'
import { balanceTransactionWire, balanceWire } from './ledger.ts'
import { innerListParams, listParams, pageOf } from './lists.ts'
import { email, flag, integer, list, metadata, params, text } from './params.ts'
import { refundWire } from './refund-wire.ts'
import { cancelRefund, createRefund, updateRefund } from './refunds.ts'
import { invalidRequest, missingParameter, noSuch } from './refusal.ts'
import { sessionParams } from './session-params.ts'
import { lineItemWire, sessionWire } from './session-wire.ts'
import { createSession, expireSession } from './sessions.ts'

const nothing = { schema: params({}) }
const filter = text().optional()

const SESSIONS = '/checkout/sessions'
const SESSION = 'checkout.session'

const sessionRoutes: readonly ApiRoute[] = [
  route(['POST', SESSIONS, 'create_session'], SESSION, { schema: sessionParams }, ({ books, account }, wanted) =>
    sessionWire(books, account, createSession(books, account, wanted)),
  ),
  route(['GET', `${SESSIONS}/:id`, 'get_session'], SESSION, nothing, ({ books, account, id }) =>
    sessionWire(books, account, findIn(account.sessions, SESSION, id, 'session')),
  ),
  route(['POST', `${SESSIONS}/:id/expire`, 'expire_session'], SESSION, nothing, ({ books, account, id, cause }) => {
    const session = findIn(account.sessions, SESSION, id, 'session')
    expireSession(books, account, session, cause)
    return sessionWire(books, account, session)
  }),
  listRoute(
    SESSIONS,
    'list_sessions',
    SESSION,
    listParams({
      payment_intent: filter,
      customer: filter,
      customer_account: filter,
      customer_details: z.strictObject({ email }).optional(),
      payment_link: filter,
      status: z.enum(['open', 'complete', 'expired']).optional(),
      subscription: filter,
    }),
    ({ books, account }, asked) => {
      // The simulator has no customers and no subscriptions.
      if (asked.customer ?? asked.customer_account ?? asked.subscription) return { data: [], hasMore: false }
      const found = account.sessions.filter(
        (session) =>
          isWanted(asked.payment_intent, session.intent?.id) &&
          isWanted(asked.payment_link, session.paymentLink) &&
          isWanted(asked.status, session.status) &&
          isWanted(asked.customer_details?.email, session.payer?.email ?? session.customerEmail),
      )
      const { rows, hasMore } = pageOf(found, asked, SESSION)
      return { data: rows.map((session) => sessionWire(books, account, session)), hasMore }
    },
  ),
  listRoute(`${SESSIONS}/:id/line_items`, 'list_line_items', 'item', innerListParams, ({ account, id, now }, asked) => {
    const session = findIn(account.sessions, SESSION, id, 'session')
    // In the order of the page, which is the first one first.
    const items = session.lineItems.map((item) => ({ ...item, createdAt: now })).reverse()
    const { rows, hasMore } = pageOf(items, asked, 'item')
    return { data: rows.map((item) => lineItemWire(account, session, item)), hasMore }
  }),
]

const chargeRoutes: readonly ApiRoute[] = [
  route(['GET', '/payment_intents/:id', 'get_payment_intent'], 'payment_intent', nothing, ({ account, id }) =>
    intentWire(account, findIn(account.intents, 'payment_intent', id, 'intent')),
  ),
  listRoute(
    '/payment_intents',
    'list_payment_intents',
    'payment_intent',
    listParams({ customer: filter, customer_account: filter }),
    ({ account }, asked) => {
      if (asked.customer ?? asked.customer_account) return { data: [], hasMore: false }
      const { rows, hasMore } = pageOf(account.intents, asked, 'payment_intent')
      return { data: rows.map((intent) => intentWire(account, intent)), hasMore }
    },
  ),
  route(['GET', '/charges/:id', 'get_charge'], 'charge', nothing, ({ account, id }) =>
    chargeWire(account, findIn(account.charges, 'charge', id, 'id')),
  ),
  listRoute(
    '/charges',
    'list_charges',
    'charge',
    listParams({ customer: filter, payment_intent: filter, transfer_group: filter }),
    ({ account }, asked) => {
      if (asked.customer ?? asked.transfer_group) return { data: [], hasMore: false }
      const found = account.charges.filter(({ intent }) => isWanted(asked.payment_intent, intent.id))
      const { rows, hasMore } = pageOf(found, asked, 'charge')
      return { data: rows.map((charge) => chargeWire(account, charge)), hasMore }
    },
  ),
]

const refundParams = params({
  payment_intent: text().optional(),
  charge: text().optional(),
  amount: integer({ min: 1 }).optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.optional(),
  currency: text().optional(),
  instructions_email: email.optional(),
  refund_application_fee: flag.optional(),
  reverse_transfer: flag.optional(),
})

const refundChanges = {
  schema: params({ metadata: z.union([z.literal(''), metadata]).optional() }),
  clearable: ['metadata'],
}

const refundRoutes: readonly ApiRoute[] = [
  route(['POST', '/refunds', 'create_refund'], 'refund', { schema: refundParams }, postRefund),
  route(['GET', '/refunds/:id', 'get_refund'], 'refund', nothing, ({ account, id }) =>
    refundWire(findIn(account.refunds, 'refund', id, 'refund')),
  ),
  route(['POST', '/refunds/:id', 'update_refund'], 'refund', refundChanges, (call, change) => {
    const refund = findIn(call.account.refunds, 'refund', call.id, 'refund')
    if (change.metadata !== undefined) updateRefund(call.books, call.account, refund, change.metadata, call.cause)
    return refundWire(refund)
  }),
  route(['POST', '/refunds/:id/cancel', 'cancel_refund'], 'refund', nothing, ({ books, account, id, cause }) => {
    const refund = findIn(account.refunds, 'refund', id, 'refund')
    cancelRefund(books, account, refund, cause)
    return refundWire(refund)
  }),
  listRoute(
    '/refunds',
    'list_refunds',
    'refund',
    listParams({ charge: filter, payment_intent: filter }),
    ({ account }, asked) => {
      const found = account.refunds.filter(
        ({ charge }) => isWanted(asked.charge, charge.id) && isWanted(asked.payment_intent, charge.intent.id),
      )
      const { rows, hasMore } = pageOf(found, asked, 'refund')
      return { data: rows.map(refundWire), hasMore }
    },
  ),
]

const EVENTS_REACH_BACK_MS = 30 * 24 * 60 * 60 * 1000

const accountRoutes: readonly ApiRoute[] = [
  route(['GET', '/balance', 'get_balance'], 'balance', nothing, ({ account, now }) => balanceWire(account, now)),
  route(['GET', '/balance_transactions/:id', 'get_balance_transaction'], 'balance_transaction', nothing, (call) => {
    const entry = findIn(call.account.ledger, 'balance_transaction', call.id, 'id')
    return balanceTransactionWire(entry, call.now)
  }),
  route(['GET', '/events/:id', 'get_event'], 'event', nothing, (call) =>
    eventWire(call.books, findIn(recentEvents(call), 'event', call.id, 'id')),
  ),
  listRoute(
    '/events',
    'list_events',
    'event',
    listParams({ type: filter, types: list(text()).optional(), delivery_success: flag.optional() }),
    (call, asked) => {
      const found = recentEvents(call).filter(
        (event) =>
          isWanted(asked.type, event.type) &&
          (asked.types?.includes(event.type) ?? true) &&
          (asked.delivery_success === undefined || asked.delivery_success === wasDelivered(call.books, event)),
      )
      const { rows, hasMore } = pageOf(found, asked, 'event')
      return { data: rows.map((event) => eventWire(call.books, event)), hasMore }
    },
  ),
]

export const API_ROUTES: readonly ApiRoute[] = [...sessionRoutes, ...chargeRoutes, ...refundRoutes, ...accountRoutes]

function postRefund({ books, account, cause }: Call, wanted: z.infer<typeof refundParams>): Wire {
  const charge = chargeToRefund(account, wanted)
  const { amount, reason } = wanted
  return refundWire(createRefund(books, account, { charge, amount, reason, metadata: wanted.metadata }, cause))
}

/** @throws Refusal */
function chargeToRefund(account: Account, wanted: z.infer<typeof refundParams>): Charge {
  if (wanted.charge !== undefined) {
    const charge = findIn(account.charges, 'charge', wanted.charge, 'charge')
    if (charge.status === 'succeeded') return charge
    throw invalidRequest(`Charge ${charge.id} was not successful: there is nothing to refund.`, { param: 'charge' })
  }
  if (wanted.payment_intent === undefined) throw missingParameter('payment_intent')
  const { id, latestCharge } = findIn(account.intents, 'payment_intent', wanted.payment_intent, 'payment_intent')
  if (latestCharge?.status === 'succeeded') return latestCharge
  throw invalidRequest(`This PaymentIntent (${id}) does not have a successful charge to refund.`)
}

/** @throws Refusal */
function findIn<R extends { readonly id: string }>(rows: readonly R[], kind: string, id: string, param: string): R {
  const row = rows.find((candidate) => candidate.id === id)
  if (row === undefined) throw noSuch(kind, id, param)
  return row
}

function isWanted(wanted: string | undefined, actual: string | null | undefined): boolean {
  return wanted === undefined || wanted === actual
}

function recentEvents({ account, now }: Call) {
  return account.events.filter(({ createdAt }) => now.getTime() - createdAt.getTime() <= EVENTS_REACH_BACK_MS)
}
