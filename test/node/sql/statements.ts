/**
 * A sample of every statement that the application can send: each builder of `src/db/statements/`, with arguments of each
 * form that makes another statement of it.
 */
import { is, SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/neon-http'
import { PgDialect } from 'drizzle-orm/pg-core'
import * as gate from '../../../src/db/gate.ts'
import * as apiKeys from '../../../src/db/statements/api-keys.ts'
import * as audit from '../../../src/db/statements/audit.ts'
import * as claims from '../../../src/db/statements/claims.ts'
import * as connections from '../../../src/db/statements/connections.ts'
import * as deliveries from '../../../src/db/statements/deliveries.ts'
import * as drifts from '../../../src/db/statements/drifts.ts'
import * as events from '../../../src/db/statements/events.ts'
import * as identity from '../../../src/db/statements/identity.ts'
import * as merchants from '../../../src/db/statements/merchants.ts'
import * as outcomes from '../../../src/db/statements/outcomes.ts'
import * as payments from '../../../src/db/statements/payments.ts'
import * as providerEvents from '../../../src/db/statements/provider-events.ts'
import * as reconciliation from '../../../src/db/statements/reconciliation.ts'
import * as refunds from '../../../src/db/statements/refunds.ts'
import * as replays from '../../../src/db/statements/replays.ts'
import * as routing from '../../../src/db/statements/routing.ts'
import * as streams from '../../../src/db/statements/streams.ts'
import * as transactions from '../../../src/db/statements/transactions.ts'
import * as webhookEndpoints from '../../../src/db/statements/webhook-endpoints.ts'

/** Nothing is sent: the statements are built by the production code, and taken from it before they go out. */
const db = drizzle.mock()
const dialect = new PgDialect()

const AT = new Date('2026-11-24T09:00:00.000Z')
const ONE = { limit: 25, after: undefined }
const NEXT = { limit: 25, after: 'txn_01kav3q2m8x4c5d6e7f8g9h0jk' }
const ID = 'txn_01kav3q2m8x4c5d6e7f8g9h0jk'
const HASH = 'a'.repeat(64)
const KEY = { key: 'order-1', requestHash: HASH, resourceId: ID, owner: 'req_1' }
const TRACE = { ipAddress: '203.0.113.7', userAgent: 'tests', requestId: 'req_1' }
const FIRST = claims.isFirst(KEY)
const ROUTE = { amount: 1000n, currency: 'NGN', country: 'NG', method: null, capable: ['paystack'], draw: 0.5 }
const LEFT = { attemptId: ID, transactionId: ID, merchantId: ID, mode: 'test' } as const
const NEXT_ATTEMPT = { id: 'att_01kav3q2m8x4c5d6e7f8g9h0jk', reference: 'pb-01kav3q2m8x4c5d6e7f8g9h0jk' }
const LEAVING = { because: 'refused', message: undefined, nextCheckAt: AT }
const RUN = { id: ID, leasedUntil: AT }
const DRIFT = { connectionId: ID, cause: 'amount_differs', attemptId: ID, subject: ID, theirs: {} } as const
const NONE = {
  status: undefined,
  currency: undefined,
  provider: undefined,
  reference: undefined,
  customerEmail: undefined,
}
const ANY_TIME = { createdFrom: undefined, createdBefore: undefined }
const LOG = { endpointId: undefined, eventId: undefined, type: undefined, status: undefined, ...ANY_TIME }
const NOBODY = {
  action: undefined,
  actorId: undefined,
  objectId: undefined,
  createdAfter: undefined,
  createdBefore: undefined,
}
const NEW_CONNECTION = {
  id: ID,
  provider: 'paystack',
  name: 'Paystack',
  priority: 1,
  credentialsMask: 'sk_…',
  sealedCredentials: 'v1.sealed',
}
const NEW_ENDPOINT = {
  id: ID,
  url: 'https://shop.test/',
  description: null,
  eventTypes: ['*'],
  metadata: {},
  headerNames: [],
  sealedHeaders: null,
  rateLimit: null,
  ordered: false,
  sealedSecret: 'v1.sealed',
}
const NEW_KEY = { id: ID, name: 'till', hash: HASH, mask: 'pb_…', scopes: [], ipAllowList: [], expiresAt: undefined }
const NEW_PAYMENT = {
  id: ID,
  reference: 'order-1',
  amount: 1000n,
  currency: 'NGN',
  customerEmail: 'ada@customer.test',
  customerName: null,
  customerPhone: null,
  description: null,
  metadata: {},
  callbackUrl: null,
  country: null,
  method: null,
  onlyProvider: null,
  expiresAt: AT,
  nextCheckAt: AT,
}
const NEW_RULE = {
  id: 'rul_01kav3q2m8x4c5d6e7f8g9h0jk',
  name: 'all',
  currencies: [],
  amountMin: null,
  amountMax: null,
  countries: [],
  methods: [],
  strategy: 'priority',
  targets: [{ connectionId: ID, weight: 1 }],
} as const
const PROVIDER_EVENT = {
  id: ID,
  dedupeKey: 'one',
  type: 'charge.success',
  about: 'payment',
  reference: 'pb-1',
  providerTransactionId: undefined,
  rawBody: new Uint8Array(2),
} as const
const CONFIRMED = { amount: 1000n, currency: 'NGN', collected: 1000n, fee: 10n, providerTransactionId: '1' }
const TICKET = { hash: HASH, eventTypes: ['*'], transactionId: null, isPublic: false, expiresAt: AT }
const KEY_CREDENTIAL = { kind: 'api_key', hash: HASH, mode: 'test' } as const
const REPLAY = {
  id: ID,
  kind: 'replay',
  endpointId: ID,
  events: sql`true`,
  done: sql`d.status = 'succeeded'`,
  perMinute: 60,
} as const
const FAILED = sql`exists (select from deliveries f where f.event_id = e.id and f.endpoint_id = ${ID}
                             and f.status in ('exhausted', 'dropped') and f.id >= ${'del_01kav3q2m8'})`
const DELIVERED = {
  deliveryId: ID,
  endpointId: ID,
  number: 1,
  attemptedAt: AT,
  durationMs: 20,
  outcome: 'accepted',
  requestUrl: 'https://shop.test/',
  requestHeaders: {},
  responseStatus: 200,
  responseBody: 'ok',
  status: 'succeeded',
  nextAttemptAt: null,
} as const
const ENDPOINT_RECORD = { endpointId: ID, accepted: 1, failed: 0, unreached: 0, isGone: false }

/** Module → builder → what it builds. `parts` are no statements of their own: whoever is made of them is here. */
const SAMPLES: readonly [
  module: Record<string, unknown>,
  parts: readonly string[],
  samples: Record<string, unknown[]>,
][] = [
  [gate, ['enter', 'enterWorker'], {}],
  [
    apiKeys,
    [],
    {
      listApiKeys: [apiKeys.listApiKeys(db, ONE), apiKeys.listApiKeys(db, NEXT)],
      findApiKey: [apiKeys.findApiKey(db, ID)],
      apiKeyObject: [apiKeys.apiKeyObject(ID)],
      insertApiKey: [apiKeys.insertApiKey(db, FIRST, NEW_KEY)],
      rotateApiKey: [apiKeys.rotateApiKey(db, FIRST, ID, { id: ID, hash: HASH, mask: 'pb_…' }, AT)],
      revokeApiKey: [apiKeys.revokeApiKey(db, FIRST, ID)],
    },
  ],
  [
    audit,
    [],
    {
      listAuditEntries: [
        NOBODY,
        { ...NOBODY, action: 'api_key.created' },
        { ...NOBODY, actorId: ID },
        { ...NOBODY, objectId: ID },
        { ...NOBODY, createdAfter: AT, createdBefore: AT },
        { action: 'api_key.created', actorId: ID, objectId: undefined, createdAfter: AT, createdBefore: AT },
      ].map((filters) => audit.listAuditEntries(db, filters, NEXT)),
    },
  ],
  [
    claims,
    ['problemObject', 'claimColumns', 'refuseWhere'],
    {
      claimKey: [claims.claimKey(db, AT, KEY)],
      isFirst: [FIRST],
      answerClaim: [claims.answerClaim(db, KEY, 201, claims.problemObject({ code: 'try_again' }), FIRST)],
      readClaim: [claims.readClaim(db, 'order-1')],
    },
  ],
  [
    connections,
    ['connectionWithCheck'],
    {
      listConnections: [connections.listConnections(db, NEXT)],
      findConnection: [connections.findConnection(db, ID)],
      findSealed: [connections.findSealed(db, ID)],
      connectionObject: [connections.connectionWithCheck(ID, 'valid', null)],
      insertConnection: [connections.insertConnection(db, FIRST, NEW_CONNECTION)],
      refuseWithoutConnection: [connections.refuseWithoutConnection(db, ID)],
      updateConnection: [connections.updateConnection(db, ID, { name: 'New' })],
      replaceCredentials: [
        connections.replaceCredentials(db, ID, {
          mask: 'sk_…',
          sealed: 'v1.b',
          replaces: 'v1.a',
          previousValidUntil: AT,
        }),
      ],
      disableConnection: [connections.disableConnection(db, FIRST, ID)],
      recordCheck: [connections.recordCheck(db, FIRST, ID, 'v1.a', 'valid')],
    },
  ],
  [
    deliveries,
    [],
    {
      findEndpointOfLog: [deliveries.findEndpointOfLog(db, ID)],
      listDeliveries: [
        LOG,
        { ...LOG, endpointId: ID },
        { ...LOG, eventId: ID },
        { ...LOG, type: 'payment.created' as const },
        { ...LOG, status: 'pending' as const },
        { ...LOG, createdFrom: AT, createdBefore: AT },
        { ...LOG, endpointId: ID, type: 'payment.created' as const, status: 'pending' as const, createdFrom: AT },
      ].map((filters) => deliveries.listDeliveries(db, filters, NEXT)),
      findDelivery: [deliveries.findDelivery(db, ID)],
      leaseDeliveries: [deliveries.leaseDeliveries(db, undefined), deliveries.leaseDeliveries(db, [ID])],
      recordAttempts: [deliveries.recordAttempts(db, [DELIVERED], [ENDPOINT_RECORD], [ID])],
      findNextDue: [deliveries.findNextDue(db, [ID])],
      judgeFailingEndpoints: [deliveries.judgeFailingEndpoints(db)],
      refuseUnknownDelivery: [deliveries.refuseUnknownDelivery(db, ID)],
      refuseUnknownEvent: [deliveries.refuseUnknownEvent(db, ID)],
    },
  ],
  [
    drifts,
    ['isOurs'],
    {
      recordDrift: [
        drifts.recordDrift(db, DRIFT),
        drifts.recordDrift(db, { ...DRIFT, runId: ID }, sql`not ${drifts.isOurs(ID, 're-1')}`),
      ],
      correctDrifts: [drifts.correctDrifts(db, ID, [ID]), drifts.correctDrifts(db, ID, [ID], 're-1')],
      listDrifts: [
        { runId: undefined, cause: undefined, status: undefined },
        { runId: ID, cause: undefined, status: undefined },
        { runId: undefined, cause: 'amount_differs' as const, status: 'open' as const },
      ].map((filters) => drifts.listDrifts(db, filters, NEXT)),
    },
  ],
  [
    events,
    [],
    {
      listEvents: [
        events.listEvents(db, { after: 0, limit: 25, type: undefined }),
        events.listEvents(db, { after: 7, limit: 25, type: 'payment.created' }),
      ],
      findLastEvent: [events.findLastEvent(db)],
      findEvent: [events.findEvent(db, ID)],
    },
  ],
  [
    identity,
    [],
    {
      beginRegistration: [identity.beginRegistration(db, AT, 'a@b.test', undefined, undefined)],
      register: [
        identity.register(
          db,
          AT,
          {
            id: ID,
            email: 'a@b.test',
            passwordHash: '$scrypt$',
            firstName: '',
            lastName: '',
            phoneNumber: null,
            registeredBy: null,
          },
          {
            id: ID,
            companyName: 'Ada',
            country: 'NG',
            businessType: null,
            developerType: 'other',
            preferredCurrency: 'NGN',
          },
          TRACE,
        ),
      ],
      beginSignIn: [identity.beginSignIn(db, AT, 'a@b.test', undefined, undefined)],
      finishSignIn: [
        identity.finishSignIn(
          db,
          AT,
          { id: ID, userId: ID, merchantId: ID, startedBy: null, expiresAt: AT },
          HASH,
          undefined,
          TRACE,
        ),
      ],
      rotateRefreshToken: [identity.rotateRefreshToken(db, AT, HASH, HASH, TRACE)],
      endSession: [identity.endSession(db, AT, HASH, TRACE)],
    },
  ],
  [
    merchants,
    [],
    {
      readProfile: [merchants.readProfile(db)],
      updateUser: [merchants.updateUser(db, { firstName: 'Ada' })],
      updateMerchant: [merchants.updateMerchant(db, { companyName: 'Ada' })],
    },
  ],
  [
    outcomes,
    [],
    {
      lockPayment: [outcomes.lockPayment(db, ID)],
      openAttempt: [outcomes.openAttempt(db, ID, 'https://pay.test/', undefined)],
      loseSightOfAttempt: [outcomes.loseSightOfAttempt(db, ID, 'timed_out')],
      failAttempt: [outcomes.failAttempt(db, ID, 'declined', undefined)],
      succeedAttempt: [outcomes.succeedAttempt(db, ID, CONFIRMED)],
      markDuplicate: [outcomes.markDuplicate(db, ID)],
      moveTransaction: [
        outcomes.moveTransaction(db, ID, { to: 'processing' }),
        outcomes.moveTransaction(db, ID, { to: 'failed', failureReason: 'declined' }),
        outcomes.moveTransaction(db, ID, { to: 'requires_review', reviewReason: 'amount_differs' }),
        outcomes.moveTransaction(db, ID, { to: 'succeeded', attemptId: ID }),
      ],
      scheduleCheck: [outcomes.scheduleCheck(db, ID, AT, true), outcomes.scheduleCheck(db, ID, undefined)],
      scheduleAttemptCheck: [outcomes.scheduleAttemptCheck(db, ID, AT)],
      watchOpenPages: [outcomes.watchOpenPages(db, ID, ID)],
      replaceAttempt: [outcomes.replaceAttempt(db, LEFT, NEXT_ATTEMPT, LEAVING)],
      failOver: [outcomes.failOver(db, LEFT, NEXT_ATTEMPT, LEAVING, ROUTE)],
    },
  ],
  [
    payments,
    ['paidAttempt'],
    {
      insertPayment: [payments.insertPayment(db, FIRST, NEW_PAYMENT, NEXT_ATTEMPT, ROUTE)],
      findPayment: [
        payments.findPayment(db, ID),
        payments.findPayment(db, sql`(select c.resource_id from idempotency_claims c where c.key = 'order-1')`),
      ],
      findPaymentOfEvent: [payments.findPaymentOfEvent(db, ID)],
      findPaidPayment: [payments.findPaidPayment(db, ID)],
      findPaymentOfReference: [payments.findPaymentOfReference(db, ID, 'pb-1')],
      leaseDuePayments: [payments.leaseDuePayments(db)],
      leaseDueAttempts: [payments.leaseDueAttempts(db)],
      takeTurnToAsk: [payments.takeTurnToAsk(db, ID)],
      readVerified: [payments.readVerified(db, ID)],
      transactionObject: [payments.transactionObject(ID)],
      readOwnAnswer: [payments.readOwnAnswer(db, KEY, ID)],
      readOutcome: [payments.readOutcome(db, ID)],
    },
  ],
  [
    providerEvents,
    [],
    {
      findConnection: [providerEvents.findConnection(db, ID, 'paystack')],
      findConnectionOfPayment: [
        providerEvents.findConnectionOfPayment(db, { reference: 'pb-1', providerTransactionId: undefined }, 'paystack'),
        providerEvents.findConnectionOfPayment(db, { reference: undefined, providerTransactionId: '1' }, 'paystack'),
      ],
      storeProviderEvent: [providerEvents.storeProviderEvent(db, ID, PROVIDER_EVENT)],
      findProviderEvent: [providerEvents.findProviderEvent(db, ID, 'one')],
      leaseProviderEvent: [providerEvents.leaseProviderEvent(db, ID)],
      findRefundsOfEvent: [providerEvents.findRefundsOfEvent(db, ID)],
      finishProviderEvent: [providerEvents.finishProviderEvent(db, ID, 'applied')],
      retryProviderEvent: [providerEvents.retryProviderEvent(db, ID, AT)],
      listDueProviderEvents: [providerEvents.listDueProviderEvents(db)],
      countRefusal: [providerEvents.countRefusal(db, 'paystack', 'signature')],
      removeOutdated: [providerEvents.removeOutdated(db, AT)],
    },
  ],
  [
    reconciliation,
    [],
    {
      startDueRuns: [reconciliation.startDueRuns(db)],
      takeTurnToStartRuns: [reconciliation.takeTurnToStartRuns(db)],
      insertRun: [reconciliation.insertRun(db, FIRST, ID, ID)],
      runObject: [reconciliation.runObject(ID)],
      leaseRuns: [reconciliation.leaseRuns(db)],
      findListed: [reconciliation.findListed(db, ID, ['pb-1'], ['1'])],
      markListed: [reconciliation.markListed(db, [ID])],
      advanceRun: [reconciliation.advanceRun(db, RUN, '', { listed: 1, foreign: 0, drifts: 0 })],
      findUnlisted: [
        reconciliation.findUnlisted(db, {
          connection: { id: ID, sealedCredentials: '', sealedPrevious: null, previousValidUntil: null },
          rangeFrom: AT,
          rangeTo: AT,
          startedAt: AT,
        }),
      ],
      releaseRun: [reconciliation.releaseRun(db, ID)],
      failRunPage: [reconciliation.failRunPage(db, ID, 'down')],
      completeRun: [reconciliation.completeRun(db, ID, 0)],
      wakeUnmatched: [reconciliation.wakeUnmatched(db, ID)],
      listRuns: [reconciliation.listRuns(db, undefined, NEXT), reconciliation.listRuns(db, ID, NEXT)],
      findRun: [reconciliation.findRun(db, ID)],
    },
  ],
  [
    refunds,
    ['findRefundsWhere', 'isAskedForSince'],
    {
      insertRefund: [
        refunds.insertRefund(
          db,
          FIRST,
          { id: ID, transactionId: ID, amount: undefined, reason: null },
          { providers: [], amounts: [] },
        ),
      ],
      findRefund: [refunds.findRefund(db, ID)],
      findRefundsOf: [refunds.findRefundsOf(db, ID)],
      findListedRefunds: [refunds.findListedRefunds(db, ID, ['re-1'], [ID])],
      refundObject: [refunds.refundObject(ID)],
      listRefunds: [
        refunds.listRefunds(db, { transactionId: undefined, status: undefined }, NEXT),
        refunds.listRefunds(db, { transactionId: ID, status: 'pending' }, NEXT),
        refunds.listRefunds(db, { transactionId: undefined, status: 'pending' }, NEXT),
      ],
      readRefund: [refunds.readRefund(db, ID)],
      updateRefund: [refunds.updateRefund(db, ID, { status: 'succeeded', providerRefundId: 're-1' })],
      adoptRefund: [
        refunds.adoptRefund(db, { id: ID, transactionId: ID, amount: 10n, providerRefundId: 're-1', compared: [ID] }),
      ],
      scheduleRefundCheck: [refunds.scheduleRefundCheck(db, ID, AT)],
      askAfterRefunds: [refunds.askAfterRefunds(db, ID)],
      leaseDueRefunds: [refunds.leaseDueRefunds(db)],
    },
  ],
  [
    replays,
    [],
    {
      // As `src/operations/webhooks/replays.ts` asks for them.
      scheduleReplay: [
        REPLAY,
        { ...REPLAY, events: sql`e.number > ${7} and e.created_at >= ${AT.toISOString()}` },
        { ...REPLAY, kind: 'recover' as const, events: FAILED },
        { ...REPLAY, kind: 'resend' as const, endpointId: undefined, events: sql`e.id = ${ID}`, done: sql`false` },
      ].map((replay) => replays.scheduleReplay(db, FIRST, replay)),
      replayObject: [replays.replayObject(ID)],
    },
  ],
  [
    routing,
    ['routeOf'],
    {
      queueForProbe: [
        routing.queueForProbe(db, { id: ID, mode: 'test' }),
        routing.queueForProbe(db, { id: ID, mode: 'test' }, ID),
      ],
      takeProbe: [routing.takeProbe(db, ID)],
      recordHealthy: [routing.recordHealthy(db, ID)],
      recordFailing: [routing.recordFailing(db, ID, 'timed_out')],
      listRoutingRules: [routing.listRoutingRules(db)],
      replaceRoutingRules: [routing.replaceRoutingRules(db, [NEW_RULE])],
    },
  ],
  [
    streams,
    ['lastEventNumber'],
    {
      insertStreamTicket: [streams.insertStreamTicket(db, FIRST, KEY_CREDENTIAL, TICKET)],
      redeemTicket: [streams.redeemTicket(db, AT, HASH, undefined)],
      readEventsAfter: [streams.readEventsAfter(db, [{ after: 0, eventTypes: ['payment.*'], transactionId: ID }])],
      watchPayments: [streams.watchPayments(db, AT, [{ ticket: HASH, after: 0 }])],
      removeStreamTickets: [streams.removeStreamTickets(db, AT)],
    },
  ],
  [
    transactions,
    [],
    {
      listTransactions: [
        { ...NONE, ...ANY_TIME },
        { ...NONE, ...ANY_TIME, status: 'failed' as const },
        { ...NONE, ...ANY_TIME, currency: 'NGN' },
        { ...NONE, ...ANY_TIME, provider: 'paystack' },
        { ...NONE, ...ANY_TIME, reference: 'order-1' },
        { ...NONE, ...ANY_TIME, customerEmail: 'ada@customer.test' },
        { ...NONE, createdFrom: AT, createdBefore: AT },
        {
          ...NONE,
          createdFrom: AT,
          createdBefore: AT,
          status: 'failed' as const,
          currency: 'NGN',
          provider: 'paystack',
        },
      ].map((filters) => transactions.listTransactions(db, filters, NEXT)),
      findTransaction: [transactions.findTransaction(db, ID)],
      refuseUncancellable: [transactions.refuseUncancellable(db, FIRST, ID)],
      cancelTransaction: [transactions.cancelTransaction(db, ID, FIRST)],
      isCancelled: [transactions.isCancelled(ID)],
      hasNoPageAt: [transactions.hasNoPageAt(ID, ['paystack'])],
      refuseUnknownTransaction: [transactions.refuseUnknownTransaction(db, ID)],
    },
  ],
  [
    webhookEndpoints,
    [],
    {
      listWebhookEndpoints: [webhookEndpoints.listWebhookEndpoints(db, NEXT)],
      findWebhookEndpoint: [webhookEndpoints.findWebhookEndpoint(db, ID)],
      webhookEndpointObject: [webhookEndpoints.webhookEndpointObject(ID)],
      insertWebhookEndpoint: [webhookEndpoints.insertWebhookEndpoint(db, FIRST, NEW_ENDPOINT)],
      updateWebhookEndpoint: [webhookEndpoints.updateWebhookEndpoint(db, ID, { status: 'disabled' })],
      removeWebhookEndpoint: [webhookEndpoints.removeWebhookEndpoint(db, ID)],
      refuseWithoutEndpoint: [webhookEndpoints.refuseWithoutEndpoint(db, ID)],
      refuseDisabledEndpoint: [webhookEndpoints.refuseDisabledEndpoint(db, ID)],
      rotateSecret: [webhookEndpoints.rotateSecret(db, FIRST, ID, 'v1.sealed', AT)],
      askForTest: [webhookEndpoints.askForTest(db, FIRST, ID)],
      latestTest: [webhookEndpoints.latestTest(ID)],
    },
  ],
]

export interface Sample {
  /** `leaseDeliveries 2`: the builder, and which of its statements. */
  name: string
  builder: string
  sql: string
}

/** Builders that have no sample, and samples that no builder has. */
export function unsampled(): string[] {
  return SAMPLES.flatMap(([module, parts, samples]) => {
    const known = new Set([...parts, ...Object.keys(samples)])
    const exported = new Set(Object.keys(module))
    return [...exported].filter((name) => !known.has(name)).concat([...known].filter((name) => !exported.has(name)))
  })
}

/** How many modules of the folder are sampled: the gate lies beside it, and its functions are seen as they run. */
export const sampledModules = SAMPLES.length - 1

export function samples(): Sample[] {
  return SAMPLES.flatMap(([, , ofModule]) =>
    Object.entries(ofModule).flatMap(([name, built]) =>
      built
        .flat(2)
        .map((statement, index) => ({ name: `${name} ${index + 1}`, builder: name, sql: textOf(statement) })),
    ),
  )
}

function textOf(statement: unknown): string {
  const whole = is(statement, SQL) ? db.select({ part: statement }).from(sql`(select 1) one`) : statement
  if (typeof whole !== 'object' || whole === null || !('getSQL' in whole) || typeof whole.getSQL !== 'function') {
    throw new TypeError('not a statement of Drizzle')
  }
  return dialect.sqlToQuery(whole.getSQL()).sql
}
