/**
 * The faults that any simulator can be told to show, and the board on which they are set: for one account or for all,
 * for one operation or for all, a number of times or until cleared. A provider adds kinds of its own.
 */
import { z } from 'zod'

/** Where a fault applies. An absent field means everywhere; without `times` it holds until it is cleared. */
export const faultScope = {
  /** The account's secret key. */
  account: z.string().optional(),
  /** An API operation such as `initialize`, or an event such as `charge.success`. */
  operation: z.string().optional(),
  times: z.int().positive().optional(),
}

const ms = z.int().nonnegative()

/** Whether the call has its effect before it goes wrong. A caller can't tell the two apart. */
const when = z.enum(['before', 'after']).default('before')

/** Faults of one API call. */
export const callFaults = [
  z.strictObject({ kind: z.literal('slow'), ms, when, ...faultScope }),
  z.strictObject({ kind: z.literal('down'), ...faultScope }),
  /** `reset` drops the connection at once; `hang` never answers, and ends when the caller gives up. */
  z.strictObject({ kind: z.literal('cut'), when, how: z.enum(['reset', 'hang']).default('reset'), ...faultScope }),
  z.strictObject({ kind: z.literal('rate_limited'), resetSeconds: z.int().positive().default(30), ...faultScope }),
  z.strictObject({ kind: z.literal('server_error'), when, ...faultScope }),
  z.strictObject({ kind: z.literal('bad_gateway'), when, ...faultScope }),
  /** The true answer, cut off in the middle. */
  z.strictObject({ kind: z.literal('malformed_json'), ...faultScope }),
  /**
   * The true answer, without one of its fields: the one at this path, such as `data.amount`. Without a path it is `data`,
   * or the first field where there is no `data`.
   */
  z.strictObject({ kind: z.literal('field_missing'), field: z.string().min(1).optional(), ...faultScope }),
  /** HTTP 200 around an envelope that says that the call did not work. */
  z.strictObject({ kind: z.literal('status_false'), when, ...faultScope }),
] as const

/** Faults of a webhook on its way to the merchant. */
export const webhookFaults = [
  z.strictObject({
    kind: z.literal('webhook_duplicate'),
    copies: z.int().positive().max(100).default(1),
    ...faultScope,
  }),
  /** Held until the account's next event has gone, at most `ms`. */
  z.strictObject({ kind: z.literal('webhook_reordered'), ms: ms.default(60_000), ...faultScope }),
  z.strictObject({ kind: z.literal('webhook_lost'), ...faultScope }),
  z.strictObject({ kind: z.literal('webhook_late'), ms, ...faultScope }),
] as const

/** Faults of the money itself, drawn at the moment of payment. Amounts are in the provider's own subunit. */
export const moneyFaults = [
  /** Another amount was asked of the payer, and collected. */
  z.strictObject({ kind: z.literal('wrong_amount'), delta: z.int(), ...faultScope }),
  z.strictObject({ kind: z.literal('wrong_currency'), currency: z.string().regex(/^[A-Z]{3}$/), ...faultScope }),
  z.strictObject({ kind: z.literal('fees_on_payer'), ...faultScope }),
  /** The right amount was asked, less was collected. */
  z.strictObject({ kind: z.literal('partial_debit'), shortBy: z.int().positive(), ...faultScope }),
] as const

interface ScopedFault {
  kind: string
  account?: string | undefined
  operation?: string | undefined
  times?: number | undefined
}

/** What is happening, held against the scopes of the faults. */
export interface FaultTarget {
  account?: string | undefined
  operation: string
}

/** One fault type per kind, so that a board of more kinds serves where a board of fewer is wanted. */
type ByKind<F extends ScopedFault> = { [K in F['kind']]: Extract<F, { kind: K }> }

export class FaultBoard<F extends ScopedFault> {
  #faults: { fault: F; timesLeft: number }[] = []

  set(fault: F): void {
    this.#faults.push({ fault, timesLeft: fault.times ?? Number.POSITIVE_INFINITY })
  }

  /** Clears every fault, or those of one account. Returns how many. */
  clear(account?: string): number {
    const before = this.#faults.length
    this.#faults = account === undefined ? [] : this.#faults.filter((entry) => entry.fault.account !== account)
    return before - this.#faults.length
  }

  list(): F[] {
    return this.#faults.map((entry) => ({
      ...entry.fault,
      ...(Number.isFinite(entry.timesLeft) && { times: entry.timesLeft }),
    }))
  }

  /** The first fault of this kind that applies; one of its times is used up. */
  take<K extends F['kind']>(kind: K, target: FaultTarget): ByKind<F>[K] | undefined {
    const applies = (fault: F): fault is F & ByKind<F>[K] =>
      fault.kind === kind &&
      (fault.account === undefined || fault.account === target.account) &&
      (fault.operation === undefined || fault.operation === target.operation)
    for (const [index, entry] of this.#faults.entries()) {
      if (!applies(entry.fault)) continue
      entry.timesLeft -= 1
      if (entry.timesLeft === 0) this.#faults.splice(index, 1)
      return entry.fault
    }
    return undefined
  }
}
