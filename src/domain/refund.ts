/**
 * The states of a refund and the arrows between them, and which of the provider's refunds is which of ours. The database
 * holds the same arrows (app.refund_may_become), and holds the sum: what is pending or succeeded is at most what was paid.
 */

export const REFUND_STATUSES = ['pending', 'requires_action', 'succeeded', 'failed'] as const
export type RefundStatus = (typeof REFUND_STATUSES)[number]

/** How a provider's status of a refund reads in our words. `unrecognised`: a word that its sheet does not list. */
export type RefundReport = RefundStatus | 'unrecognised'

/**
 * `succeeded` may still fail: a card may turn the money away days later. `failed` may still succeed: what we gave up for
 * never made may turn up at the provider.
 */
const ARROWS: Record<RefundStatus, readonly RefundStatus[]> = {
  pending: ['requires_action', 'succeeded', 'failed'],
  requires_action: ['pending', 'succeeded', 'failed'],
  succeeded: ['failed'],
  failed: ['succeeded'],
}

export function refundMayBecome(from: RefundStatus, to: RefundStatus): boolean {
  return ARROWS[from].includes(to)
}

/** A refund as we have it. */
export interface OurRefund {
  id: string
  /** Minor units. */
  amount: bigint
  status: RefundStatus
  providerRefundId: string | undefined
  createdAt: Date
}

/** A refund as a provider reports it. */
export interface ReportedRefund {
  /** The provider's id, where it gives one. */
  providerRefundId: string | undefined
  /** Our id, where the provider carries it. */
  refundId: string | undefined
  /** Minor units; undefined where it is not told or can't be said in whole ones. */
  amount: bigint | undefined
  status: RefundReport
  message: string | undefined
  /** When the provider made it; undefined where it doesn't say. */
  createdAt: Date | undefined
}

export interface MatchedRefunds<Ours extends OurRefund> {
  pairs: { ours: Ours; theirs: ReportedRefund }[]
  /** Ours that the provider did not list. */
  missing: Ours[]
  /** Ours, and nameless ones of theirs, of which several might be it: to send ours again could send the money twice. */
  ambiguous: { ours: Ours[]; theirs: ReportedRefund[] }
  /** Theirs that can be none of ours: made on the provider's dashboard. */
  foreign: ReportedRefund[]
}

/** A provider's clock may be a little behind ours. */
const CLOCK_SKEW_MS = 60_000

/**
 * Which of the provider's refunds is which of ours: by the provider's id, then by our id where the provider carries it. One
 * that carries neither is ours only where amount and time leave a single candidate on both sides: two that might be it are
 * for a person to tell apart.
 */
export function matchRefunds<Ours extends OurRefund>(
  ours: readonly Ours[],
  theirs: readonly ReportedRefund[],
): MatchedRefunds<Ours> {
  const matched = new Map<ReportedRefund, Ours>()
  const isOpen = (refund: Ours): boolean => ![...matched.values()].includes(refund)
  const match = (isIt: (mine: Ours, reported: ReportedRefund) => boolean): void => {
    for (const reported of theirs) {
      if (matched.has(reported)) continue
      const [mine, other] = ours.filter((refund) => isOpen(refund) && isIt(refund, reported))
      if (mine !== undefined && other === undefined) matched.set(reported, mine)
    }
  }
  match((mine, { providerRefundId }) => providerRefundId !== undefined && mine.providerRefundId === providerRefundId)
  match((mine, { refundId }) => mine.id === refundId)
  const isNameless = ({ refundId }: ReportedRefund): boolean => refundId === undefined
  // One match may leave a single candidate for another, whichever order the provider lists them in.
  for (let before = -1; before < matched.size; ) {
    before = matched.size
    match((mine, reported) => {
      const rivals = theirs.filter((rival) => !matched.has(rival) && isNameless(rival) && mayBe(mine, rival))
      return isNameless(reported) && mayBe(mine, reported) && rivals.length === 1
    })
  }
  const left = theirs.filter((reported) => !matched.has(reported))
  const open = ours.filter(isOpen)
  // What was refused was not made: it is no reason to doubt what somebody made on the dashboard.
  const mightBe = (mine: Ours, reported: ReportedRefund): boolean =>
    mine.status !== 'failed' && isNameless(reported) && mayBe(mine, reported)
  const ambiguous = {
    ours: open.filter((mine) => left.some((reported) => mightBe(mine, reported))),
    theirs: left.filter((reported) => open.some((mine) => mightBe(mine, reported))),
  }
  return {
    pairs: theirs.flatMap((reported) => {
      const mine = matched.get(reported)
      return mine === undefined ? [] : [{ ours: mine, theirs: reported }]
    }),
    missing: open.filter((mine) => !ambiguous.ours.includes(mine)),
    ambiguous,
    foreign: left.filter((reported) => !ambiguous.theirs.includes(reported)),
  }
}

function mayBe(mine: OurRefund, { amount, createdAt }: ReportedRefund): boolean {
  if (mine.providerRefundId !== undefined || mine.amount !== amount) return false
  return createdAt === undefined || createdAt.getTime() >= mine.createdAt.getTime() - CLOCK_SKEW_MS
}

/** What a report makes of a refund of ours; undefined where it is no news. */
export function afterReport(
  refund: OurRefund,
  { status, amount }: ReportedRefund,
): { status: RefundStatus; code: string | undefined } | undefined {
  // Another sum went back than was asked: somebody has to look.
  if (amount !== undefined && amount !== refund.amount) return news(refund, 'requires_action', 'amount_mismatch')
  switch (status) {
    case 'unrecognised':
      return undefined
    case 'failed':
      return news(refund, 'failed', 'failed_at_provider')
    case 'requires_action':
      return news(refund, 'requires_action', 'requires_action_at_provider')
    case 'pending':
    case 'succeeded':
      return news(refund, status, undefined)
  }
}

const news = (refund: OurRefund, status: RefundStatus, code: string | undefined) =>
  refundMayBecome(refund.status, status) ? { status, code } : undefined
