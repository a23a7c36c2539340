/**
 * Holds our books against each provider's own lists: of the payments, and then, where it has one, of the refunds. What
 * differs is recorded with its cause and told, and where asking the provider again makes both say the same, corrected. Runs
 * are leased, resume where they stopped, and hold one page at a time.
 */

import { enterWorker } from '../../db/gate.ts'
import { correctDrifts, type NewDrift, recordDrift } from '../../db/statements/drifts.ts'
import { findPaymentOfReference } from '../../db/statements/payments.ts'
import {
  advanceRun,
  completeRun,
  failRunPage,
  findListed,
  findUnlisted,
  leaseRuns,
  markListed,
  type OurRow,
  type RunRow,
  releaseRun,
  startDueRuns,
  takeTurnToStartRuns,
  wakeUnmatched,
} from '../../db/statements/reconciliation.ts'
import { compareBooks, type DriftCause, type OurPayment } from '../../domain/drift.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Credentials, ListedPayment, Provider, Range, Refused, Unknown } from '../../providers/contract.ts'
import { converse } from '../../providers/exchange.ts'
import { isProviderName, PROVIDERS } from '../../providers/registry.ts'
import { openCredentials } from '../account/credentials.ts'
import { concurrently } from '../concurrently.ts'
import type { Deps } from '../deps.ts'
import { followUp } from '../payments/follow-up.ts'
import { openPayment } from '../payments/payment.ts'
import { askProvider } from '../payments/settle.ts'
import { followUpRefunds } from '../refunds/follow-up.ts'
import { compareRefunds } from './listed-refunds.ts'
import { announceDrifts, write } from './run-notes.ts'
import { LISTS_ENDED, type RunPlace, readPlace, writePlace } from './run-place.ts'

/** Begins the runs that are due, and carries on those that nobody is at, some pages each. */
export async function reconcile(deps: Deps): Promise<void> {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    takeTurnToStartRuns(db),
    startDueRuns(db),
    leaseRuns(db),
  ])
  if (!batch.ok) throw new Error(`no run was begun: ${batch.problem.code}`)
  await concurrently(batch.rows[2], async (run) => {
    try {
      await carryOn(deps, run)
    } catch (error) {
      // The lease runs out, and the run is taken up where it stopped.
      deps.log.error('reconciliation_broke_off', error, { run_id: run.id })
    }
  })
}

interface Walk {
  run: RunRow
  gateway: Provider
  credentials: Credentials
}

async function carryOn(deps: Deps, run: RunRow): Promise<void> {
  if (!isProviderName(run.provider)) throw new Error(`run ${run.id} is of no known provider`)
  const [credentials] = await openCredentials(deps, run.connection)
  const walk: Walk = { run, gateway: PROVIDERS[run.provider], credentials }
  let place = readPlace(run.cursor)
  for (let pages = 0; place.list !== 'none'; pages++) {
    if (pages === LIMITS.reconcilePagesPerSweep) return write(deps, [releaseRun(deps.worker.db, run.id)])
    const next: RunPlace | undefined =
      place.list === 'payments'
        ? await walkPayments(deps, walk, place.cursor)
        : await walkRefunds(deps, walk, place.cursor)
    if (next === undefined) return
    place = next
  }
  await finish(deps, walk)
}

/** Where the run goes on; undefined where the page can't be read now, or another worker took the run over meanwhile. */
async function walkPayments(deps: Deps, walk: Walk, cursor: string | undefined): Promise<RunPlace | undefined> {
  const { run, gateway, credentials } = walk
  const page = await converse(deps.exchange, gateway, gateway.listPayments(rangeOf(run), cursor, credentials))
  if (page.kind !== 'page') return fail(deps, run, page)
  const afterAll: RunPlace = gateway.listRefunds ? { list: 'refunds', cursor: undefined } : LISTS_ENDED
  const next: RunPlace = page.next === undefined ? afterAll : { list: 'payments', cursor: page.next }
  return (await comparePayments(deps, run, page.payments, writePlace(next))) ? next : undefined
}

/** As `walkPayments`. */
async function walkRefunds(deps: Deps, walk: Walk, cursor: string | undefined): Promise<RunPlace | undefined> {
  const { run, gateway, credentials } = walk
  if (gateway.listRefunds === undefined) return LISTS_ENDED
  const page = await converse(deps.exchange, gateway, gateway.listRefunds(rangeOf(run), cursor, credentials))
  if (page.kind !== 'page') return fail(deps, run, page)
  const next: RunPlace = page.next === undefined ? LISTS_ENDED : { list: 'refunds', cursor: page.next }
  return (await compareRefunds(deps, run, page.refunds, writePlace(next))) ? next : undefined
}

const rangeOf = ({ rangeFrom, rangeTo }: RunRow): Range => ({ from: rangeFrom, to: rangeTo })

async function fail(deps: Deps, { id }: RunRow, answer: Refused | Unknown): Promise<undefined> {
  const failure = answer.kind === 'refused' ? answer.message : answer.cause
  await write(deps, [failRunPage(deps.worker.db, id, failure)])
}

/** Two round trips a page, and those of what differs. False where the run is somebody else's by now. */
async function comparePayments(
  deps: Deps,
  run: RunRow,
  payments: readonly ListedPayment[],
  next: string,
): Promise<boolean> {
  const { db } = deps.worker
  const rows = await findOurs(deps, run, payments)
  const found = payments.map((theirs) => {
    const row = rows.find((candidate) => isAbout(candidate, theirs))
    return { theirs, row, cause: compareBooks(row && ourPaymentOf(row), theirs) }
  })
  const differing = found.flatMap(({ theirs, row, cause }) =>
    cause === undefined || cause === 'foreign' ? [] : [{ theirs, row, cause }],
  )
  const agreeing = found.flatMap(({ theirs, row, cause }) =>
    row !== undefined && cause === undefined && !isToBeSeen(row) ? [subjectOf(theirs)] : [],
  )
  const counts = {
    listed: payments.length,
    foreign: found.filter(({ cause }) => cause === 'foreign').length,
    drifts: differing.length,
  }
  const batch = await deps.worker.runFor(
    enterWorker(db, deps.clock.now()),
    [
      markListed(
        db,
        found.flatMap(({ row, theirs }) => (row && isSameTry(row, theirs) ? [row.attemptId] : [])),
      ),
      ...differing.map(({ theirs, row, cause }) => recordDrift(db, driftOf(run, theirs, row, cause))),
      // Found by an earlier run, and mended since by a webhook or by the sweep.
      correctDrifts(db, run.connection.id, agreeing),
    ],
    advanceRun(db, run, next, counts),
  )
  if (!batch.ok) throw new Error(`a page was not written down: ${batch.problem.code}`)
  if (batch.rows.length === 0) return false
  if (differing.length > 0) announceDrifts(deps, run)
  for (const { theirs, row, cause } of differing) {
    if (row !== undefined) await correct(deps, run, theirs, row, cause)
  }
  return true
}

async function findOurs(deps: Deps, run: RunRow, payments: readonly ListedPayment[]): Promise<OurRow[]> {
  const { db } = deps.worker
  const references = payments.flatMap(({ reference }) => reference ?? [])
  const ids = payments.map(({ providerTransactionId }) => providerTransactionId)
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    findListed(db, run.connection.id, references, ids),
  ])
  if (!batch.ok) throw new Error(`our side of a page was not read: ${batch.problem.code}`)
  return batch.rows[0]
}

const isSameTry = (row: OurRow, theirs: ListedPayment): boolean =>
  row.providerTransactionId === theirs.providerTransactionId

const isAbout = (row: OurRow, theirs: ListedPayment): boolean =>
  theirs.reference === undefined ? isSameTry(row, theirs) : row.reference === theirs.reference

function ourPaymentOf(row: OurRow): OurPayment {
  return {
    attemptStatus: row.attemptStatus,
    providerTransactionId: row.providerTransactionId ?? undefined,
    confirmedAmount: row.confirmedAmount ?? undefined,
    confirmedCurrency: row.confirmedCurrency ?? undefined,
    isDuplicate: row.isDuplicate,
    refunded: row.amountRefunded + row.amountRefunding,
  }
}

function driftOf(run: RunRow, theirs: ListedPayment, row: OurRow | undefined, cause: DriftCause): NewDrift {
  const { reference, providerTransactionId, status, amount, currency } = theirs
  return {
    runId: run.id,
    connectionId: run.connection.id,
    attemptId: row?.attemptId,
    cause,
    subject: subjectOf(theirs),
    theirs: {
      reference: reference ?? null,
      provider_transaction_id: providerTransactionId,
      status,
      amount: amount === undefined ? null : Number(amount),
      currency,
    },
  }
}

const subjectOf = ({ reference, providerTransactionId }: ListedPayment): string =>
  `${reference ?? ''}:${providerTransactionId}`

/** Asks the provider about the very payment, applies what it says, and compares once more. */
async function correct(deps: Deps, run: RunRow, theirs: ListedPayment, row: OurRow, cause: DriftCause): Promise<void> {
  const { db } = deps.worker
  if (cause === 'refunded_there') await followUpRefunds(deps, row.transactionId)
  else await askAgain(deps, run.connection.id, row.reference)
  const [after] = await findOurs(deps, run, [{ ...theirs, reference: row.reference }])
  if (after !== undefined && compareBooks(ourPaymentOf(after), theirs) === undefined && !isToBeSeen(after)) {
    await write(deps, [correctDrifts(db, run.connection.id, [subjectOf(theirs)])])
    announceDrifts(deps, run)
  }
}

/** Both books have what was paid, and it is not what was asked: that is for a person. */
const isToBeSeen = ({ transactionStatus }: OurRow): boolean => transactionStatus === 'requires_review'

async function askAgain(deps: Deps, connectionId: string, reference: string): Promise<void> {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    findPaymentOfReference(db, connectionId, reference),
  ])
  if (!batch.ok) throw new Error(`payment ${reference} was not read: ${batch.problem.code}`)
  const [[payment]] = batch.rows
  if (payment !== undefined) await followUp(deps, payment)
}

/** The list has ended: what is paid here and was not in it is asked after one by one. */
async function finish(deps: Deps, walk: Walk): Promise<void> {
  const { db } = deps.worker
  const { run } = walk
  let drifts = 0
  for (;;) {
    const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [findUnlisted(db, run)])
    if (!batch.ok) throw new Error(`what was not listed was not read: ${batch.problem.code}`)
    const [rows] = batch.rows
    for (const row of rows) drifts += await seek(deps, walk, row)
    if (rows.length < LIMITS.sweepRowsMax) break
  }
  await write(deps, [wakeUnmatched(db, run.connection.id), completeRun(db, run.id, drifts)])
}

/** Whether it is missing there indeed: a list may lag behind. */
async function seek(deps: Deps, { run }: Walk, row: OurRow): Promise<0 | 1> {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    findPaymentOfReference(db, run.connection.id, row.reference),
  ])
  if (!batch.ok) throw new Error(`payment ${row.reference} was not read: ${batch.problem.code}`)
  const [[found]] = batch.rows
  if (found === undefined) throw new Error(`attempt ${row.attemptId} is gone`)
  const confirmation = await askProvider(deps, await openPayment(deps, found))
  // Looked at, whatever came of it: the loop goes on to the next ones.
  const looked = markListed(db, [row.attemptId])
  if (confirmation.kind !== 'not_found') {
    await write(deps, [looked])
    return 0
  }
  const theirs: ListedPayment = {
    reference: row.reference,
    providerTransactionId: row.providerTransactionId ?? '',
    status: 'unpaid',
    amount: undefined,
    currency: found.currency,
    isRefunded: false,
  }
  await write(deps, [looked, recordDrift(db, driftOf(run, theirs, row, 'paid_here_not_there'))])
  announceDrifts(deps, run)
  return 1
}
