/** Everything that one Stripe simulator keeps, and passes around instead of globals. */
import type { Agenda } from '../kit/agenda.ts'
import type { WebhookOutbox } from '../kit/webhook-outbox.ts'
import type { SimulatorWorld } from '../kit/world.ts'
import type { AccountBook } from './account.ts'
import type { StripeFaultBoard } from './faults.ts'

export interface Books {
  readonly world: SimulatorWorld
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly accounts: AccountBook
  readonly faults: StripeFaultBoard
  readonly agenda: Agenda
  readonly outbox: WebhookOutbox
}

/** The API call that made something happen, as events tell it; null for what payers, time and the Dashboard do. */
export type Cause = { readonly requestId: string; readonly idempotencyKey: string | null } | null
