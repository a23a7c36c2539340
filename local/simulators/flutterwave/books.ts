/** Everything that one Flutterwave simulator keeps, and passes around instead of globals. */
import type { Agenda } from '../kit/agenda.ts'
import type { WebhookOutbox } from '../kit/webhook-outbox.ts'
import type { SimulatorWorld } from '../kit/world.ts'
import type { AccountBook } from './account.ts'
import type { FlutterwaveFaultBoard } from './faults.ts'

export interface Books {
  readonly world: SimulatorWorld
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly accounts: AccountBook
  readonly faults: FlutterwaveFaultBoard
  readonly agenda: Agenda
  readonly outbox: WebhookOutbox
  /** One sequence for every kind of object. */
  nextId(): number
}

/**
 * Starts at the second of birth, so that a simulator that is started again over a database that outlived it doesn't give
 * the same ids to other objects.
 */
export function idSequence(bornAt: Date): () => number {
  let last = Math.floor(bornAt.getTime() / 1000)
  return () => {
    last += 1
    return last
  }
}
