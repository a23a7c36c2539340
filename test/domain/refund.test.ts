import { describe, expect, test } from 'vitest'
import {
  afterReport,
  matchRefunds,
  type OurRefund,
  REFUND_STATUSES,
  type RefundReport,
  type RefundStatus,
  type ReportedRefund,
  refundMayBecome,
} from '../../src/domain/refund.ts'

const NOON = new Date('2026-11-24T12:00:00.000Z')
const at = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000)

describe('a refund', () => {
  /** From a row to a column, in the order of REFUND_STATUSES. */
  const ARROWS: Record<RefundStatus, string> = {
    //                pending  requires_action  succeeded  failed
    pending: '        -        yes              yes        yes',
    requires_action: 'yes      -                yes        yes',
    succeeded: '      -        -                -          yes',
    failed: '         -        -                yes        -',
  }
  const cells = REFUND_STATUSES.flatMap((from) => {
    const row = ARROWS[from].trim().split(/\s+/)
    return REFUND_STATUSES.map((to, index) => [from, to, row[index] === 'yes'] as const)
  })

  test.each(cells)('from %s to %s: %s', (from, to, may) => {
    expect(refundMayBecome(from, to)).toBe(may)
  })
})

/** A refund of ours; `minutes` after noon it was made. */
const ours = (id: string, minutes = 0, more: Partial<OurRefund> = {}): OurRefund => ({
  id,
  amount: 40_000n,
  status: 'pending',
  providerRefundId: undefined,
  createdAt: at(minutes),
  ...more,
})

/** A refund that a provider reports, which names nothing of ours unless it is told to. */
const theirs = (providerRefundId: string, more: Partial<ReportedRefund> = {}): ReportedRefund => ({
  providerRefundId,
  refundId: undefined,
  amount: 40_000n,
  status: 'pending',
  message: undefined,
  createdAt: undefined,
  ...more,
})

/** Who is whom, by the ids: `ours = theirs`. */
function matched(mine: readonly OurRefund[], reported: readonly ReportedRefund[]) {
  const { pairs, missing, ambiguous, foreign } = matchRefunds(mine, reported)
  return {
    pairs: pairs.map((pair) => `${pair.ours.id} = ${pair.theirs.providerRefundId}`).sort(),
    missing: missing.map(({ id }) => id),
    ambiguous: [...ambiguous.ours.map(({ id }) => id), ...ambiguous.theirs.map((r) => r.providerRefundId)].sort(),
    foreign: foreign.map(({ providerRefundId }) => providerRefundId),
  }
}

describe('which of the provider’s refunds is which of ours', () => {
  const known = (id: string, providerRefundId: string) => ours(id, 0, { providerRefundId })
  const named = (id: string, refundId: string, more: Partial<ReportedRefund> = {}) => theirs(id, { refundId, ...more })

  test.each<[string, OurRefund[], ReportedRefund[], ReturnType<typeof matched>]>([
    ['nothing is nothing', [], [], { pairs: [], missing: [], ambiguous: [], foreign: [] }],
    [
      'the provider’s id decides, whatever the amount',
      [known('a', 'R1'), known('b', 'R2')],
      [theirs('R2'), theirs('R1', { amount: 1n })],
      { pairs: ['a = R1', 'b = R2'], missing: [], ambiguous: [], foreign: [] },
    ],
    [
      'our id decides where the provider carries it, whatever the amount',
      [ours('a'), ours('b')],
      [named('R1', 'b', { amount: 1n }), named('R2', 'a')],
      { pairs: ['a = R2', 'b = R1'], missing: [], ambiguous: [], foreign: [] },
    ],
    [
      'the provider’s id goes before ours, so that one that was made twice is told',
      [known('a', 'R1')],
      [named('R2', 'a'), named('R1', 'a')],
      { pairs: ['a = R1'], missing: [], ambiguous: [], foreign: ['R2'] },
    ],
    [
      'one that carries no id of ours is ours where amount and time leave no other',
      [ours('a')],
      [theirs('R1', { createdAt: at(1) })],
      { pairs: ['a = R1'], missing: [], ambiguous: [], foreign: [] },
    ],
    [
      'another amount is another refund',
      [ours('a')],
      [theirs('R1', { amount: 39_999n })],
      { pairs: [], missing: ['a'], ambiguous: [], foreign: ['R1'] },
    ],
    [
      'so is one of an amount that is not told',
      [ours('a')],
      [theirs('R1', { amount: undefined })],
      { pairs: [], missing: ['a'], ambiguous: [], foreign: ['R1'] },
    ],
    [
      'a clock that is a minute behind is forgiven',
      [ours('a')],
      [theirs('R1', { createdAt: at(-1) })],
      { pairs: ['a = R1'], missing: [], ambiguous: [], foreign: [] },
    ],
    [
      'what was made before ours was asked for is none of ours',
      [ours('a')],
      [theirs('R1', { createdAt: new Date(at(-1).getTime() - 1) })],
      { pairs: [], missing: ['a'], ambiguous: [], foreign: ['R1'] },
    ],
    [
      'one that carries another’s id is none of ours, whatever the amount',
      [ours('a')],
      [named('R1', 'somebody-elses')],
      { pairs: [], missing: ['a'], ambiguous: [], foreign: ['R1'] },
    ],
    [
      'one that the provider has given an id to is no other one',
      [known('a', 'R1')],
      [theirs('R2')],
      { pairs: [], missing: ['a'], ambiguous: [], foreign: ['R2'] },
    ],
    [
      'two of ours that might be it are for a person to tell apart',
      [ours('a'), ours('b')],
      [theirs('R1')],
      { pairs: [], missing: [], ambiguous: ['R1', 'a', 'b'], foreign: [] },
    ],
    [
      'so are two of theirs',
      [ours('a')],
      [theirs('R1'), theirs('R2')],
      { pairs: [], missing: [], ambiguous: ['R1', 'R2', 'a'], foreign: [] },
    ],
    [
      'what was refused is no reason to doubt what was made there',
      [ours('a', 0, { status: 'failed' }), ours('b', 0, { status: 'failed' })],
      [theirs('R1')],
      { pairs: [], missing: ['a', 'b'], ambiguous: [], foreign: ['R1'] },
    ],
    [
      'what is known by an id is out of the question for the rest',
      [known('a', 'R1'), ours('b'), ours('c')],
      [theirs('R1'), named('R2', 'b'), theirs('R3')],
      { pairs: ['a = R1', 'b = R2', 'c = R3'], missing: [], ambiguous: [], foreign: [] },
    ],
    [
      'time tells two of the same amount apart',
      [ours('a'), ours('b', 30)],
      [theirs('R1', { createdAt: at(0) }), theirs('R2', { createdAt: at(30) })],
      { pairs: ['a = R1', 'b = R2'], missing: [], ambiguous: [], foreign: [] },
    ],
    [
      'one that is not listed is missing',
      [ours('a'), known('b', 'R2')],
      [named('R1', 'a')],
      { pairs: ['a = R1'], missing: ['b'], ambiguous: [], foreign: [] },
    ],
  ])('%s', (_rule, mine, reported, expected) => {
    expect(matched(mine, reported)).toEqual(expected)
    // Whichever order either side is listed in.
    const turned = matched([...mine].reverse(), [...reported].reverse())
    expect(turned.pairs).toEqual(expected.pairs)
    expect(turned.missing.sort()).toEqual(expected.missing)
    expect(turned.ambiguous).toEqual(expected.ambiguous)
    expect(turned.foreign.sort()).toEqual(expected.foreign)
  })

  test('a refund that is listed twice is one, and the other entry none of ours', () => {
    expect(matched([known('a', 'R1')], [theirs('R1'), theirs('R1')])).toEqual({
      pairs: ['a = R1'],
      missing: [],
      ambiguous: [],
      foreign: ['R1'],
    })
  })

  test('a refund of ours comes back as it was given', () => {
    const mine = { ...ours('a'), note: 'ours' }
    const reported = theirs('R1')
    expect(matchRefunds([mine], [reported]).pairs).toEqual([{ ours: mine, theirs: reported }])
  })
})

describe('a report', () => {
  type News = ReturnType<typeof afterReport>
  const PENDING: News = { status: 'pending', code: undefined }
  const ACTION: News = { status: 'requires_action', code: 'requires_action_at_provider' }
  const DONE: News = { status: 'succeeded', code: undefined }
  const FAILED: News = { status: 'failed', code: 'failed_at_provider' }
  const MISMATCH: News = { status: 'requires_action', code: 'amount_mismatch' }

  /** What each report makes of a refund in each state; what is missing is no news. */
  const NEWS: Record<RefundStatus, Partial<Record<RefundReport, News>>> = {
    pending: { requires_action: ACTION, succeeded: DONE, failed: FAILED },
    requires_action: { pending: PENDING, succeeded: DONE, failed: FAILED },
    succeeded: { failed: FAILED },
    failed: { succeeded: DONE },
  }
  const REPORTS: RefundReport[] = [...REFUND_STATUSES, 'unrecognised']
  const cells = REFUND_STATUSES.flatMap((status) =>
    REPORTS.map((report) => [report, status, NEWS[status][report]] as const),
  )

  test.each(cells)('of %s about a refund that is %s', (report, status, news) => {
    expect(afterReport(ours('a', 0, { status }), theirs('R1', { status: report }))).toEqual(news)
    // A provider that does not tell the amount is believed on the state.
    expect(afterReport(ours('a', 0, { status }), theirs('R1', { status: report, amount: undefined }))).toEqual(news)
  })

  test.each(cells)('of %s in another amount, about a refund that is %s, is for a person', (report, status) => {
    for (const amount of [39_999n, 40_001n, 0n]) {
      const news = afterReport(ours('a', 0, { status }), theirs('R1', { status: report, amount }))
      // What is finished, or is a person's already, stays.
      expect(news).toEqual(status === 'pending' ? MISMATCH : undefined)
    }
  })
})
