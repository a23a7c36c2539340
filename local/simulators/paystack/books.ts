/** Everything that one Paystack simulator keeps, and passes around instead of globals. */
import type { Agenda } from '../kit/agenda.ts'
import type { WebhookOutbox } from '../kit/webhook-outbox.ts'
import type { SimulatorWorld } from '../kit/world.ts'
import type { AccountBook } from './account.ts'
import type { PaystackFaultBoard } from './faults.ts'

export interface Books {
  readonly world: SimulatorWorld
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly accounts: AccountBook
  readonly faults: PaystackFaultBoard
  readonly agenda: Agenda
  readonly outbox: WebhookOutbox
  /** One sequence for every kind of object, beyond 32 bits as Paystack's transaction ids are. */
  nextId(): number
}

/**
 * Starts at 2^32 plus the second of birth, so that a simulator that is started again over a database that outlived it
 * doesn't give the same ids to other objects.
 */
export function idSequence(bornAt: Date): () => number {
  let last = 2 ** 32 + Math.floor(bornAt.getTime() / 1000)
  return () => {
    last += 1
    return last
  }
}
