/**
 * A page of the provider's own list of refunds against our books. One of a payment of ours that nobody here knows of was made
 * on the provider's dashboard, and nothing told us: it is a drift, and the refunds of its payment are read.
 */

import { enterWorker } from '../../db/gate.ts'
import { correctDrifts, isOurs, type NewDrift, recordDrift } from '../../db/statements/drifts.ts'
import { advanceRun, findListed, type OurRow, type RunRow } from '../../db/statements/reconciliation.ts'
import { findListedRefunds, type RefundRow } from '../../db/statements/refunds.ts'
import type { ListedRefund } from '../../providers/contract.ts'
import type { Deps } from '../deps.ts'
import { followUpRefunds } from '../refunds/follow-up.ts'
import { announceDrifts, write } from './run-notes.ts'

interface Found {
  theirs: ListedRefund
  payment: OurRow
  /** As it is when the refunds of the payment are read: then it is the same drift. */
  subject: string
}

/**
 * Two round trips a page, and those of what differs. False where the run is somebody else's by now.
 * @param next where the run goes on, as it is kept
 */
export async function compareRefunds(
  deps: Deps,
  run: RunRow,
  refunds: readonly ListedRefund[],
  next: string,
): Promise<boolean> {
  const { db } = deps.worker
  const { payments, ours } = await findOurs(deps, run, refunds)
  const found = refunds.flatMap((theirs): Found[] => {
    const payment = payments.find((row) => row.providerTransactionId === theirs.providerTransactionId)
    return payment ? [{ theirs, payment, subject: `${payment.reference}:${theirs.providerRefundId}` }] : []
  })
  const agreeing = found.filter(({ theirs }) => theirs.status === 'failed' || isKnown(theirs, ours))
  const differing = found.filter((one) => !agreeing.includes(one) && !isUnderWay(one.theirs, ours))
  const batch = await deps.worker.runFor(
    enterWorker(db, deps.clock.now()),
    [
      // A webhook may have told of it meanwhile.
      ...differing.map((one) =>
        recordDrift(db, driftOf(run, one), isOurs(run.connection.id, one.theirs.providerRefundId)),
      ),
      correctDrifts(db, run.connection.id, subjectsOf(agreeing)),
    ],
    advanceRun(db, run, next, { listed: 0, foreign: 0, drifts: differing.length }),
  )
  if (!batch.ok) throw new Error(`a page of refunds was not written down: ${batch.problem.code}`)
  if (batch.rows.length === 0) return false
  if (differing.length > 0) announceDrifts(deps, run)
  for (const [transactionId, those] of Map.groupBy(differing, ({ payment }) => payment.transactionId)) {
    await takeIn(deps, run, transactionId, those)
  }
  return true
}

async function findOurs(deps: Deps, { connection }: RunRow, refunds: readonly ListedRefund[]) {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    findListed(
      db,
      connection.id,
      [],
      refunds.map(({ providerTransactionId }) => providerTransactionId),
    ),
    findListedRefunds(
      db,
      connection.id,
      refunds.map(({ providerRefundId }) => providerRefundId),
      refunds.flatMap(({ refundId }) => refundId ?? []),
    ),
  ])
  if (!batch.ok) throw new Error(`our side of a page of refunds was not read: ${batch.problem.code}`)
  const [payments, ours] = batch.rows
  return { payments, ours }
}

/** What the refunds of the payment bring along is corrected with them; the rest is where it is one of ours after all. */
async function takeIn(deps: Deps, run: RunRow, transactionId: string, found: readonly Found[]): Promise<void> {
  await followUpRefunds(deps, transactionId)
  const { db } = deps.worker
  const [first, ...others] = found.map(({ subject, theirs }) =>
    correctDrifts(db, run.connection.id, [subject], theirs.providerRefundId),
  )
  if (first !== undefined) await write(deps, [first, ...others])
  announceDrifts(deps, run)
}

const isKnown = ({ providerRefundId }: ListedRefund, ours: readonly RefundRow[]): boolean =>
  ours.some((refund) => refund.providerRefundId === providerRefundId)

/** Asked for here and not yet heard of: that is no drift, and the sweep asks after it. */
const isUnderWay = ({ refundId }: ListedRefund, ours: readonly RefundRow[]): boolean =>
  ours.some(({ id, status, providerRefundId }) => id === refundId && providerRefundId === null && status !== 'failed')

const subjectsOf = (found: readonly Found[]): string[] => found.map(({ subject }) => subject)

function driftOf(run: RunRow, { theirs, payment, subject }: Found): NewDrift {
  return {
    runId: run.id,
    connectionId: run.connection.id,
    attemptId: payment.attemptId,
    cause: 'refunded_there',
    subject,
    theirs: {
      reference: payment.reference,
      provider_transaction_id: theirs.providerTransactionId,
      provider_refund_id: theirs.providerRefundId,
      status: theirs.status,
      amount: theirs.amount === undefined ? null : Number(theirs.amount),
      currency: payment.currency,
    },
  }
}
