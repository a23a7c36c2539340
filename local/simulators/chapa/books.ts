/** Everything that one Chapa simulator keeps, and passes around instead of globals. */
import type { Agenda } from '../kit/agenda.ts'
import type { WebhookOutbox } from '../kit/webhook-outbox.ts'
import type { SimulatorWorld } from '../kit/world.ts'
import type { AccountBook } from './account.ts'
import type { CallbackQueue } from './callbacks.ts'
import type { ChapaFaultBoard } from './faults.ts'

export interface Books {
  readonly world: SimulatorWorld
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly accounts: AccountBook
  readonly faults: ChapaFaultBoard
  readonly agenda: Agenda
  readonly outbox: WebhookOutbox
  readonly callbacks: CallbackQueue
  nextId(): number
}
